import CProcess
import Glibc
import Jobs

@testable import Runtime

/// Starts a program in a sandbox as the engine does, for tests that need a process of another user, or one that ends.
///
///     SandboxProbe launch [--cwd D] [--home D] [--state D] [--runtime D]
///                         [--preset NAME] [--read P]… [--read-nothing] [--write P]… [--net]
///                         [--terminate-when FILE | --kill-when FILE] -- PROGRAM ARGUMENT…
///     SandboxProbe open -- PROGRAM ARGUMENT…          the same without any sandbox
///     SandboxProbe confine RULESET FLAGS -- PROGRAM ARGUMENT…
///     SandboxProbe support
///
/// Ends as the program does: its exit code, or 128 and its signal. 126 with a sentence if it was not run.
@main
enum Launcher {
  static func main() {
    var words = Array(CommandLine.arguments.dropFirst())
    guard let mode = words.first else { exit(2) }
    words.removeFirst()
    switch mode {
    case "launch": launch(words)
    case "open": execute(Array(words.dropFirst()))
    case "confine": confine(words)
    case "support":
      for (tier, works, sentence) in SandboxSupport.current().sentences { print(tier.rawValue, works, sentence) }
    default: exit(2)
    }
  }

  private static func launch(_ words: [String]) {
    let order = LaunchOrder(words)
    do throws(SandboxFailure) {
      exit(try order.run())
    } catch {
      complain("\(error)")
    }
  }

  private static func confine(_ words: [String]) {
    guard let ruleset = Int32(words[0]), let flags = UInt32(words[1]) else { exit(2) }
    _ = fcntl(ruleset, F_SETFD, FD_CLOEXEC)
    let number = cprocess_confine_self(ruleset, flags)
    if number != 0 { complain(SandboxLaunch.sentence(forError: number)) }
    execute(Array(words.dropFirst(3)))
  }

  private static func execute(_ words: [String]) -> Never {
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    execvp(words[0], &arguments)
    complain("\(words[0]): \(String(cString: strerror(errno)))")
  }

  static func complain(_ sentence: String) -> Never {
    say(sentence)
    exit(126)
  }

  static func say(_ sentence: String) {
    let bytes = Array((sentence + "\n").utf8)
    _ = write(2, bytes, bytes.count)
  }

  /// `POSIX_SPAWN_SETSID`, which Swift's C library module does not show.
  static let newSession: Int16 = 0x80
}
