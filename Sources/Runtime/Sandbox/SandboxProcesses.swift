internal import CProcess
internal import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What is asked of processes in a sandbox.
enum SandboxProcesses {
  /// The process group that a process is in; nil if it is gone.
  static func group(of process: Int32) -> Int32? {
    let group = getpgid(process)
    return group < 0 ? nil : group
  }

  /// Waits for the end of a process that is no child; false if it has not come in time. The first process of a PID namespace
  /// ends after all others in it.
  static func hasEnded(_ process: Int32, within time: Duration) -> Bool {
    let descriptor = cprocess_open(process)
    guard descriptor >= 0 else { return errno == ESRCH }
    defer { close(descriptor) }
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    let deadline = ContinuousClock.now + time
    while true {
      let left = (deadline - .now) / .milliseconds(1)
      let ready = poll(&entry, 1, Int32(clamping: Int(max(0, left.rounded(.up)))))
      if ready > 0 { return true }
      if ready == 0 || errno != EINTR { return false }
    }
  }

  /// The children of a single-threaded process.
  static func children(of process: Int32) -> [Int32] {
    guard let text = SandboxFile.beginning(of: AbsolutePath("/proc/\(process)/task/\(process)/children")) else {
      return []
    }
    return text.split(separator: " ").compactMap { Int32($0) }.filter { $0 > 1 }
  }
}
