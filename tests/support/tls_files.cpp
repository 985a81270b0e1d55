#include "tests/support/tls_files.hpp"

#include <stdexcept>

namespace berth::test {

TlsFiles::TlsFiles() {
  openssl({"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Berth test authority",
           "-keyout", key("ca"), "-out", ca()});
  sign("server", "subjectAltName=IP:127.0.0.1");
  sign("client", "extendedKeyUsage=clientAuth");
}

std::vector<std::string> TlsFiles::redis_settings(int port, const std::string& clients) const {
  return {"--tls-port",
          std::to_string(port),
          "--bind",
          "127.0.0.1",
          "--tls-cert-file",
          cert("server"),
          "--tls-key-file",
          key("server"),
          "--tls-ca-cert-file",
          ca(),
          "--tls-auth-clients",
          clients};
}

void TlsFiles::sign(const std::string& who, const std::string& extensions) const {
  const auto request = path(who + ".csr");
  const auto file = folder_.file(who + ".ext", extensions + "\n");
  openssl({"req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=Berth test " + who, "-keyout", key(who),
           "-out", request});
  openssl({"x509", "-req", "-in", request, "-CA", ca(), "-CAkey", key("ca"), "-CAcreateserial", "-days", "2",
           "-extfile", file, "-out", cert(who)});
}

void TlsFiles::openssl(std::vector<std::string> words) const {
  words.insert(words.begin(), "openssl");
  const auto done = Process(std::move(words)).wait();
  if (done.code != 0) throw std::runtime_error("openssl failed: " + done.err);
}

}  // namespace berth::test
