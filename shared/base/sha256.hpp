// SHA-256, of what passes by or of one text.
#pragma once

#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace berth {

class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&& other) noexcept;
  Sha256& operator=(Sha256&&) = delete;

  void add(std::string_view bytes);
  // Of all that was added so far, in hexadecimal; more may follow.
  std::string hex() const;

 private:
  evp_md_ctx_st* context_;
};

std::string sha256_hex(std::string_view bytes);

}  // namespace berth
