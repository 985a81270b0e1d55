// What all who read logs hold of them in memory, together. A client may take nothing for a minute, and there
// may be thousands of such: what was read for one and isn't sent is dropped when it becomes too much, first
// that which waits the longest. Its reader reads it again when its client takes something, a smaller page
// then; so who keeps up notices nothing. Also, only some read at the same time, in the order in which they
// came.
//
// What can't be dropped is what is being sent: a piece at most, and a slice of one where many wait.
#pragma once

#include "shared/base/limits.hpp"
#include "shared/runtime/slots.hpp"
#include "shared/store/store.hpp"

#include <cstddef>
#include <deque>
#include <list>
#include <optional>
#include <utility>
#include <vector>

namespace berth::api {

class LogRoom {
 public:
  static constexpr std::size_t most_reading = 16;  // at the same time

  // `most`: bytes that all pages may have together.
  LogRoom(asio::any_io_executor executor, std::size_t most)
      : reads_(std::move(executor), most_reading, "the reading of logs"), most_(most) {}
  LogRoom(const LogRoom&) = delete;
  LogRoom& operator=(const LogRoom&) = delete;

  // Bytes that are held now, sent ones too until their reader goes on.
  std::size_t held() const { return kept_ + sending_; }

  // What one reader has read and not sent. The room outlives it.
  class Page {
   public:
    explicit Page(LogRoom& room) : room_(room) {}
    ~Page();
    Page(const Page&) = delete;
    Page& operator=(const Page&) = delete;

    // How much to read for it.
    std::size_t size() const { return size_; }
    // Of this page only when it is empty; other pages may become so by it.
    void fill(std::vector<LogPiece> pieces);
    // The next piece to send, or a part of it: what it returned before has been sent. Nothing when all was
    // returned, or the rest was dropped; that is to be read again behind what was returned last.
    std::optional<LogPiece> next();

   private:
    friend class LogRoom;
    void drop();
    void leave_line();
    LogPiece take_front(std::size_t size);

    LogRoom& room_;
    std::deque<LogPiece> pieces_;
    std::list<Page*>::iterator place_{};  // in the room's list, while there are pieces
    std::size_t kept_ = 0;                // counted for pieces_
    std::size_t sending_ = 0;             // counted for what next() returned last
    std::size_t size_ = limits::log_page;
  };

  // Of those who read at the same time.
  Slots& reads() { return reads_; }

 private:
  void make_room(const Page& newest);

  Slots reads_;
  std::size_t most_;
  std::size_t kept_ = 0;
  std::size_t sending_ = 0;
  std::list<Page*> pages_;  // that have pieces, the one that was filled first in front
};

}  // namespace berth::api
