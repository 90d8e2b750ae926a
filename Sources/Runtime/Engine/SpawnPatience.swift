#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// How long the start of a process is tried again while the system is out of something, as a pure state machine.
struct SpawnPatience: Sendable {
  private static let longestPause = Duration.seconds(1)
  private var pause = Duration.milliseconds(5)
  private var waited = Duration.zero

  /// Whether a failure of this kind may go by itself: no process, descriptor, memory or space left, or a program that is
  /// just being written.
  static func mayPass(_ number: Int32) -> Bool { limit(for: number) != nil }

  /// The time to wait before the next try; nil once it has been tried long enough.
  mutating func pause(after number: Int32) -> Duration? {
    guard let limit = SpawnPatience.limit(for: number), waited < limit else { return nil }
    defer { pause = min(pause * 2, SpawnPatience.longestPause) }
    waited += pause
    return pause
  }

  /// What is said after the last try.
  static func sentence(for number: Int32) -> String {
    switch number {
    case EAGAIN: "no process could be started: the limit of processes was reached, and none became free"
    case EMFILE: "no process could be started: all descriptors of this process are in use, and none became free"
    case ENFILE: "no process could be started: all descriptors of the system are in use, and none became free"
    case ENOMEM: "no process could be started: the memory is used up, and none became free"
    case ETXTBSY: "the program could not be started: somebody has its file open for writing"
    default: "no process could be started: \(SystemMessage.text(number))"
    }
  }

  private static func limit(for number: Int32) -> Duration? {
    switch number {
    case EAGAIN, EMFILE, ENFILE, ENOMEM: .seconds(60)
    case ENOSPC, EDQUOT: .seconds(10)
    case ETXTBSY: .seconds(2)
    default: nil
    }
  }
}
