// What a route is for and what it takes and answers: the API's reference is made from this.
#pragma once

#include <string>
#include <vector>

namespace berth::http {

struct RouteDoc {
  struct Parameter {
    std::string name;
    std::string type;  // of JSON Schema: "string", "integer", "boolean"
    std::string doc;
    std::string example{};
  };
  // An answer that isn't the usual one, and no error either.
  struct Answer {
    unsigned status;
    std::string response;  // the schema of its JSON, by name
    std::string doc;       // when it is given
  };
  std::string summary{};  // a few words
  std::string details{};
  std::vector<Parameter> query{};
  std::vector<Parameter> headers{};
  std::string request{};   // the schema of its JSON body, by name; empty: it takes none
  std::string response{};  // the schema of its JSON answer, by name; empty: see media_type
  std::string media_type = "application/json";
  unsigned status = 200;  // of an answer that is no error
  std::vector<Answer> other_answers{};
};

}  // namespace berth::http
