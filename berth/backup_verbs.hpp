// `berth backup` and `berth restore`: a whole cluster to a file and back. Like the services they talk to
// Redis itself.
#pragma once

#include "berth/service_settings.hpp"

namespace berth {

// Check the flags; an error names the one at fault.
Result<Service> prepare_backup(const BackupFlags& flags);
Result<Service> prepare_restore(const RestoreFlags& flags);

}  // namespace berth
