import Glibc
import Testing

@testable import Runtime

/// Real processes in real sandboxes.
@Suite(.serialized) enum SandboxTests {}

/// A way to be confined, and who is confined.
struct SandboxCase: Sendable, CustomTestStringConvertible {
  let mode: String
  let isOther: Bool

  var testDescription: String { isOther ? "\(mode), as another user" : mode }

  static let all: [SandboxCase] = ["bwrap", "landlock", "landlock-only"].flatMap { mode in
    (canBeOther ? [false, true] : [false]).map { SandboxCase(mode: mode, isOther: $0) }
  }

  /// Those in which the product chooses by itself.
  static let usual = all.filter { $0.mode == $0.means }

  /// Whether programs of this build can be run as somebody else.
  private static var canBeOther: Bool {
    guard geteuid() == 0 else { return false }
    var folder = AbsolutePath(launcher)
    while folder != .root {
      var info = stat()
      guard stat(folder.text, &info) == 0, info.st_mode & S_IXOTH != 0 else { return false }
      folder = folder.parent
    }
    return true
  }

  static let launcher = SandboxPlace.file(String(ProgramRun.agentscript.dropLast("agentscript".count)) + "SandboxProbe")

  /// What the variable says that forces a means.
  var means: String { mode == "bwrap" ? "bwrap" : "landlock" }

  /// Options of the launcher.
  var options: [String] { mode == "landlock-only" ? ["--without-namespaces"] : [] }

  /// Words before a program that is to run as a user without any rights.
  var prefix: [String] { isOther ? ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] : [] }

  /// Whether this machine has the means. The product says why not; a test that needs it says so.
  var isPossible: Bool {
    let support = SandboxSupport.current()
    return support.sentences.contains { $0.tier.rawValue == means && $0.works }
  }
}

/// Where the files of these tests lie: not in `/tmp` or `/var/tmp`, which a sandbox hides, and where every user gets.
///
/// That is the build's own folder, unless the whole repository lies in such a place.
enum SandboxPlace {
  /// Where folders can be made.
  static let folder: String = copies ?? ScriptCase.repository + "/.build"

  /// The path of one of the repository's files, or of a copy that can be seen.
  static func file(_ path: String) -> String {
    guard let copies else { return path }
    let copy = copies + "/" + (path.split(separator: "/").last.map(String.init) ?? "file")
    if access(copy, F_OK) != 0 { _ = try? ProgramRun(["cp", path, copy], in: "/tmp") }
    return copy
  }

  private static let copies: String? = {
    let repository = ScriptCase.repository
    var folder = AbsolutePath(repository)
    var isSeen = !repository.hasPrefix("/tmp/") && !repository.hasPrefix("/var/tmp/")
    while folder != .root {
      var info = stat()
      isSeen = isSeen && stat(folder.text, &info) == 0 && info.st_mode & S_IXOTH != 0
      folder = folder.parent
    }
    if isSeen { return nil }
    let home = getenv("HOME").map { String(cString: $0) } ?? "/root"
    for base in ["/srv", "/opt", home] {
      var template = Array("\(base)/agentscript-range-XXXXXX".utf8CString)
      guard let made = mkdtemp(&template) else { continue }
      chmod(made, 0o755)
      atexit {
        if let copies = SandboxPlace.copies { _ = try? ProgramRun(["rm", "-rf", copies], in: "/") }
      }
      return String(cString: made)
    }
    return nil
  }()
}

/// A folder that a sandbox does not hide.
final class RangeFolder: Sendable {
  let path: String

  init(for user: SandboxCase) throws {
    var template = Array("\(SandboxPlace.folder)/range-XXXXXX".utf8CString)
    path = String(cString: try #require(mkdtemp(&template)))
    if user.isOther { try #require(chown(path, 65534, 65534) == 0) }
  }

  deinit { _ = try? ProgramRun(["rm", "-rf", path], in: "/tmp") }
}

extension SandboxTests {
  /// The probes of Probes/sandbox_range.py: what a hostile job would try.
  @Suite(.serialized) struct RangeTests {
    private struct Verdict {
      let name: String
      let verdict: String
      let isSure: Bool
      let detail: String
    }

    private func run(_ mode: String, _ user: SandboxCase) throws -> [Verdict] {
      let folder = try RangeFolder(for: user)
      let scratch = try ScratchFolder()
      let script = SandboxPlace.file("\(ScriptCase.repository)/Tests/RuntimeTests/Probes/sandbox_range.py")
      let words = user.prefix + ["/usr/bin/python3", script, SandboxCase.launcher, mode, folder.path]
      let done = try ProgramRun(words, in: scratch.path, seconds: 240)
      #expect(done.exitCode == 0, "\(done.talk)")
      return done.output.split(separator: "\n").map { line in
        let fields = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        return Verdict(name: fields[0], verdict: fields[1], isSure: fields[2] == "sure", detail: fields[3])
      }
    }

    @Test(arguments: SandboxCase.all) func everyProbeIsDenied(_ user: SandboxCase) throws {
      try #require(user.isPossible, "\(SandboxSupport.current().sentences)")
      let verdicts = try run(user.mode, user)
      for verdict in verdicts where verdict.verdict != "denied" {
        Issue.record("\(verdict.name): \(verdict.verdict): \(verdict.detail)")
      }
      #expect(verdicts.count >= 57)
    }

    @Test func withoutASandboxTheProbesSucceed() throws {
      let verdicts = try run("open", SandboxCase(mode: "open", isOther: false))
      let harmless = verdicts.filter { $0.isSure && $0.verdict != "BREACH" }
      #expect(harmless.isEmpty, "these cannot tell: \(harmless.map { "\($0.name): \($0.detail)" })")
      #expect(verdicts.filter(\.isSure).count >= 36)
    }
  }
}
