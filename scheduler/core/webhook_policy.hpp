// Where webhooks may go. Definitions name hosts, and a scheduler reaches what their authors may not: its own
// machine, the operator's network, a cloud's metadata. So what counts is the address that a connection is
// made to, whatever it is called; names decide only where the operator says that they are to be trusted.
#pragma once

#include "shared/base/ip_network.hpp"
#include "shared/base/result.hpp"
#include "shared/model/description.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace berth {

class WebhookPolicy {
 public:
  // Public addresses only.
  WebhookPolicy() = default;

  // The operator's list, which then is all that is allowed. Its entries:
  //   public            every public address
  //   10.0.0.0/8, ::1   these addresses
  //   ci.example.com    what that host stands for, *.example.com: hosts below it; private addresses too, but
  //                     none that is_treacherous()
  // Error invalid names an entry that is none of these.
  static Result<WebhookPolicy> parse(const std::vector<std::string>& entries);

  // The same, and this host or address: one that the operator names himself.
  WebhookPolicy with_host(const std::string& host) const;

  // What is wrong with a host, if nothing that it may stand for can be allowed.
  Complaint check_host(const std::string& host) const;

  // Whether `address`, which `host` stands for now, may be connected to.
  bool allows(std::string_view host, std::string_view address) const;

 private:
  bool is_trusted(std::string_view host) const;
  bool is_allowed(const IpAddress& address) const;

  bool public_ = true;
  std::vector<IpNetwork> networks_;
  std::vector<std::string> hosts_;  // in lower case; "*.example.com" as ".example.com"
};

}  // namespace berth
