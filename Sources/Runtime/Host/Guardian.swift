internal import CProcess

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The process above this one that ends whatever this one leaves behind: see `cguard.h`.
public enum Guardian {
  /// An entry of the environment that marks a process which is to outlive whoever started it.
  static let sparedMark = "\(JobEnvironment.Mark.detached)=1"

  /// How long processes that a run has left may take to end after TERM, in milliseconds.
  private static let grace: Int32 = 5_000

  /// Splits this process in two, runs `body` in the lower one, on a thread of its own, and ends with the code that it gives. To
  /// be called once, before there is a second thread. That the thread is new matters: see `cprocess_go_on_apart`.
  ///
  /// Where there can be no guardian (a system without sub-reapers, no process left) the program goes on without: then what
  /// left its job's session and shows no mark of it may outlive the run.
  public static func start(_ body: @escaping () -> Int32) -> Never {
    _ = sparedMark.withCString { cprocess_start_guardian(grace, $0) }
    started = cprocess_guardian() != 0
    let context = Unmanaged.passRetained(Body(run: body)).toOpaque()
    cprocess_go_on_apart({ exit(Unmanaged<Body>.fromOpaque($0!).takeRetainedValue().run()) }, context)
  }

  private final class Body {
    let run: () -> Int32

    init(run: @escaping () -> Int32) { self.run = run }
  }

  /// Whether this process has ever had a guardian.
  // Safe: written once, by `start`, before there is a second thread.
  private nonisolated(unsafe) static var started = false

  /// Whether somebody ends what this process leaves behind.
  static var isThere: Bool { cprocess_guardian() != 0 }

  /// Has all control groups whose paths begin like this ended after our end.
  static func tell(groups prefix: String) { prefix.withCString { cprocess_guardian_groups($0) } }

  /// Leaves no grace to what remains after our end.
  static func hurry() { cprocess_guardian_hurry() }

  /// Everything is being ended: the time of grace counts from then for what remains after our end too.
  static func beginGrace(ago age: Duration = .zero) {
    cprocess_guardian_begin_grace(Int64(clamping: Int(age / .milliseconds(1))))
  }

  /// What a signal that ends the run says about why.
  static func reason(for number: Int32) -> String {
    if number == SIGTERM, started, cprocess_guardian() == 0 { return "its guardian was killed" }
    return SignalWatch.reason(number)
  }
}
