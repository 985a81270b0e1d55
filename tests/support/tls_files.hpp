// Throw-away certificates, made by openssl: an authority, a server's certificate for 127.0.0.1, and a
// client's.
#pragma once

#include "tests/support/berth_process.hpp"

#include <string>
#include <vector>

namespace berth::test {

class TlsFiles {
 public:
  // Throws when openssl isn't there or refuses.
  TlsFiles();

  std::string ca() const { return path("ca.pem"); }
  std::string cert(const std::string& who) const { return path(who + ".pem"); }  // "server", "client"
  std::string key(const std::string& who) const { return path(who + ".key"); }

  // Words for the command line of a Redis server that speaks TLS on `port`; `clients` is "yes" if they must
  // show a certificate, else "no".
  std::vector<std::string> redis_settings(int port, const std::string& clients) const;

 private:
  std::string path(const std::string& name) const { return (folder_.path() / name).string(); }
  void openssl(std::vector<std::string> words) const;
  void sign(const std::string& who, const std::string& extensions) const;

  TemporaryFolder folder_;
};

}  // namespace berth::test
