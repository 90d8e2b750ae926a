internal import CProcess
internal import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

// The write end of the watch's pipe, for the signal handler, which can be given nothing.
// Safe: written once, before the handlers that read it are installed.
private nonisolated(unsafe) var signalPipe: Int32 = -1

/// Turns the signals that end a run into values that one thread waits for. Handlers rather than blocked or ignored
/// signals: children would inherit those.
final class SignalWatch: Sendable {
  enum Event {
    case signal(Int32)
    case woken
    case deadline
  }

  private let readEnd: Int32
  private let writeEnd: Int32
  private static let watched = [SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGTSTP]
  /// Marks a signal that the guardian passed on, beside the signal's number in one byte.
  private static let forwardedMark: UInt8 = 0x80
  private let pairs = Mutex(SignalPairs())

  init() {
    var ends: [Int32] = [-1, -1]
    precondition(pipe(&ends) == 0, "no pipe for signals: error \(errno)")
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    _ = fcntl(ends[1], F_SETFL, O_NONBLOCK)
    readEnd = ends[0]
    writeEnd = ends[1]
  }

  /// Installs the handlers. SIGHUP and SIGTERM stay ignored if they were when the program began
  /// (nohup); SIGINT is taken even then, as `lua` does.
  func start() {
    signalPipe = writeEnd
    for number in SignalWatch.watched {
      var before = sigaction()
      sigaction(number, nil, &before)
      #if canImport(Glibc)
        let isIgnored = unsafeBitCast(before.__sigaction_handler.sa_handler, to: Int.self) == 1
      #else
        let isIgnored = unsafeBitCast(before.__sigaction_u.__sa_handler, to: Int.self) == 1
      #endif
      if isIgnored, number != SIGINT, number != SIGPIPE { continue }
      var action = sigaction()
      #if canImport(Glibc)
        action.__sigaction_handler.sa_sigaction = { number, info, _ in SignalWatch.note(number, info) }
      #else
        action.__sigaction_u.__sa_sigaction = { number, info, _ in SignalWatch.note(number, info) }
      #endif
      action.sa_flags = Int32(SA_RESTART) | Int32(SA_SIGINFO)
      sigaction(number, &action, nil)
    }
  }

  /// Runs inside a signal handler: one write, and errno as it was.
  private static func note(_ number: Int32, _ info: UnsafeMutablePointer<siginfo_t>?) {
    let kept = errno
    var byte = UInt8(truncatingIfNeeded: number)
    #if canImport(Glibc)
      let sender = info?.pointee._sifields._kill.si_pid ?? 0
    #else
      let sender = info?.pointee.si_pid ?? 0
    #endif
    let guardian = cprocess_guardian()
    if guardian != 0, sender == guardian { byte |= forwardedMark }
    _ = write(signalPipe, &byte, 1)
    errno = kept
  }

  /// Ends a wait from any thread.
  func wake() {
    var byte: UInt8 = 0
    _ = write(writeEnd, &byte, 1)
  }

  /// The next event.
  func next(until deadline: MonotonicTime?) -> Event {
    while true {
      var entry = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
      let left = deadline.map { max(0, ($0.nanoseconds - MonotonicTime.now.nanoseconds) / 1_000_000 + 1) }
      let count = poll(&entry, 1, left.map { Int32(min($0, Int64(Int32.max))) } ?? -1)
      if count == 0, let deadline, MonotonicTime.now >= deadline { return .deadline }
      if count <= 0 { continue }
      var byte: UInt8 = 0
      guard read(readEnd, &byte, 1) == 1 else { continue }
      if byte == 0 { return .woken }
      let number = Int32(byte & ~SignalWatch.forwardedMark)
      let isForwarded = byte & SignalWatch.forwardedMark != 0
      let counts = pairs.withLock { $0.counts(number, isForwarded: isForwarded, at: .now) }
      if counts { return .signal(number) }
    }
  }

  /// What a signal that ends the run says about why.
  static func reason(_ number: Int32) -> String {
    switch number {
    case SIGHUP: "the terminal was closed (SIGHUP)"
    case SIGTERM: "asked to terminate (SIGTERM)"
    case SIGPIPE: "standard output was closed"
    default: "signal \(number)"
    }
  }
}
