#include "endable-wait.h"

#include <unistd.h>

namespace maxmargin {

namespace {

constexpr unsigned graceSeconds = 2;
constexpr std::array<int, 4> signals{SIGINT, SIGTERM, SIGHUP, SIGALRM};
/** The exit code of a command that Ctrl-C ended. */
constexpr int interrupted = 130;

std::array<struct sigaction, 4>* handlersBefore = nullptr;

void passOn(int signal, siginfo_t* info, void* context) {
  for (size_t i = 0; i < signals.size(); i++) {
    if (signals[i] != signal) continue;
    const struct sigaction& before = (*handlersBefore)[i];
    if ((before.sa_flags & SA_SIGINFO) != 0)
      before.sa_sigaction(signal, info, context);
    else if (before.sa_handler == SIG_DFL)
      _exit(128 + signal);
    else if (before.sa_handler != SIG_IGN)
      before.sa_handler(signal);
    else
      return;
  }
  alarm(graceSeconds);
}

void end(int) {
  constexpr char message[] = "\nStopped while waiting for the other processes of this training. Started again, all of them continue from the last checkpoint.\n";
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, message, sizeof message - 1);
  _exit(interrupted);
}

}  // namespace

EndableWait::EndableWait() : outermost_(handlersBefore == nullptr) {
  if (!outermost_) return;
  handlersBefore = &before_;
  struct sigaction action {};
  sigfillset(&action.sa_mask);
  for (size_t i = 0; i < signals.size(); i++) {
    if (signals[i] == SIGALRM) {
      action.sa_flags = 0;
      action.sa_handler = end;
    } else {
      action.sa_flags = SA_SIGINFO | SA_RESTART;
      action.sa_sigaction = passOn;
    }
    sigaction(signals[i], nullptr, &before_[i]);
    sigaction(signals[i], &action, nullptr);
  }
}

EndableWait::~EndableWait() {
  if (!outermost_) return;
  alarm(0);
  for (size_t i = 0; i < signals.size(); i++) sigaction(signals[i], &before_[i], nullptr);
  handlersBefore = nullptr;
}

}  // namespace maxmargin
