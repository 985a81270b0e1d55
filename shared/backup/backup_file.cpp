#include "shared/backup/backup_file.hpp"

#include "shared/base/base64.hpp"
#include "shared/base/utf8.hpp"
#include "shared/codec/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <stdexcept>
#include <utility>

namespace berth::backup {
namespace {

json::value encode_word(const std::string& word) {
  if (is_utf8(word)) return json::value(word);
  json::object object;
  object["base64"] = to_base64(word);
  return object;
}

json::array encode_words(const Words& words) {
  json::array array;
  array.reserve(words.size());
  for (const auto& word : words) array.push_back(encode_word(word));
  return array;
}

json::object to_object(const JobRecord& line) {
  return {{"job", line.id.value}, {"record", encode_words(line.words)}};
}
json::object to_object(const GoneJob& line) { return {{"gone", line.id.value}}; }
json::object to_object(const EventEntry& line) {
  return {{"event", line.id}, {"fields", encode_words(line.words)}};
}
json::object to_object(const LogEntry& line) {
  return {{"log", line.job.value},
          {"attempt", line.attempt},
          {"id", line.id},
          {"fields", encode_words(line.words)}};
}
json::object to_object(const KnownRequest& line) {
  return {{"request", encode_word(line.key)}, {"jobs", line.jobs}, {"ms", line.left.count()}};
}
json::object to_object(const DrainOrder& line) {
  return {{"drain", line.executor}, {"fields", encode_words(line.words)}};
}

// What follows throws std::exception where the line isn't as it should be: one place catches it.

std::string text_at(const json::object& object, std::string_view name) {
  return std::string(object.at(name).as_string());
}

std::uint64_t number_at(const json::object& object, std::string_view name) {
  return object.at(name).to_number<std::uint64_t>();
}

std::string decode_word(const json::value& value) {
  if (const auto* text = value.if_string()) return std::string(*text);
  auto bytes = from_base64(text_at(value.as_object(), "base64"));
  if (!bytes) throw std::invalid_argument("a word isn't base64");
  return std::move(*bytes);
}

Words words_at(const json::object& object, std::string_view name) {
  Words words;
  for (const auto& value : object.at(name).as_array()) words.push_back(decode_word(value));
  if (words.empty() || words.size() % 2 != 0) throw std::invalid_argument("a field has no value");
  return words;
}

WallTime instant_at(const json::object& object, std::string_view name) {
  const auto instant = parse_wall_time(text_at(object, name));
  if (!instant) throw std::invalid_argument(instant.error().message);
  return *instant;
}

End to_end(const json::object& object) {
  return {instant_at(object, "at"),   number_at(object, "seq"),  number_at(object, "last_job"),
          number_at(object, "epoch"), number_at(object, "jobs"), number_at(object, "lines"),
          text_at(object, "sha256")};
}

std::variant<Line, End> to_line(const json::object& object) {
  const auto is = [&](std::string_view kind) { return object.contains(kind); };
  if (is("job")) return JobRecord{{number_at(object, "job")}, words_at(object, "record")};
  if (is("gone")) return GoneJob{{number_at(object, "gone")}};
  if (is("event")) return EventEntry{text_at(object, "event"), words_at(object, "fields")};
  if (is("log")) {
    return LogEntry{{number_at(object, "log")},
                    object.at("attempt").to_number<std::uint32_t>(),
                    text_at(object, "id"),
                    words_at(object, "fields")};
  }
  if (is("request")) {
    const auto left = Milliseconds{object.at("ms").to_number<std::int64_t>()};
    return KnownRequest{decode_word(object.at("request")), text_at(object, "jobs"), left};
  }
  if (is("drain")) return DrainOrder{text_at(object, "drain"), words_at(object, "fields")};
  if (is("end")) return to_end(object.at("end").as_object());
  throw std::invalid_argument("it is of no known kind");
}

}  // namespace

std::string encode(const Header& header) {
  return json::serialize(json::object{{"berth_backup", format},
                                      {"berth", header.berth},
                                      {"cluster", header.cluster},
                                      {"begun_at", to_string(header.begun_at)}});
}

std::string encode(const Line& line) {
  return json::serialize(std::visit([](const auto& kind) { return to_object(kind); }, line));
}

std::string encode(const End& end) {
  const json::object object{{"at", to_string(end.at)}, {"seq", end.seq},   {"last_job", end.last_job},
                            {"epoch", end.epoch},      {"jobs", end.jobs}, {"lines", end.lines},
                            {"sha256", end.sha256}};
  return json::serialize(json::object{{"end", object}});
}

Result<Header> decode_header(std::string_view text) {
  if (text.starts_with("\x1f\x8b") || text.starts_with("\x28\xb5\x2f\xfd"))
    return invalid("is compressed: unpack it on the way, as in `zstd -dc FILE | berth restore -`");
  const auto value = parse_json(text);
  const auto* object = value ? value->if_object() : nullptr;
  if (object == nullptr || !object->contains("berth_backup")) return invalid("isn't a backup of Berth");
  try {
    const auto found = number_at(*object, "berth_backup");
    const auto berth = text_at(*object, "berth");
    if (found != format) {
      return invalid("was written by Berth " + berth + " in format " + std::to_string(found) +
                     ", and this is Berth " + BERTH_VERSION + ", which reads format " +
                     std::to_string(format) + ": restore it with that version, and upgrade then");
    }
    return Header{berth, text_at(*object, "cluster"), instant_at(*object, "begun_at")};
  } catch (const std::exception& error) {
    return invalid(std::string("is damaged: ") + error.what());
  }
}

Result<std::variant<Line, End>> decode_line(std::string_view text) {
  const auto value = parse_json(text);
  if (!value) return invalid("is damaged: " + value.error().message);
  try {
    return to_line(value->as_object());
  } catch (const std::exception& error) {
    return invalid(std::string("is damaged: ") + error.what());
  }
}

}  // namespace berth::backup
