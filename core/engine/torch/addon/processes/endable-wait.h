#pragma once

#include <array>
#include <csignal>

namespace maxmargin {

/**
 * While it lives, this thread waits for other processes, and JavaScript hears no signal. SIGINT, SIGTERM and SIGHUP go to those who heard them
 * before, so that an ordinary stop happens if the wait is short; if it is not over two seconds later, the process ends.
 *
 * Of waits within waits the outermost counts. On one thread alone, since signals belong to the process.
 */
class EndableWait {
 public:
  EndableWait();
  ~EndableWait();
  EndableWait(const EndableWait&) = delete;
  EndableWait& operator=(const EndableWait&) = delete;

 private:
  const bool outermost_;
  std::array<struct sigaction, 4> before_;
};

}  // namespace maxmargin
