import Glibc
import Testing

/// A tree of processes that the program TreeProbe builds, and how its survivors are found.
struct ProcessTree: Sendable {
  /// What at least one of its processes does; the rest is chosen by the seed.
  enum Shape: String, CaseIterable, Sendable {
    case plain, session, daemon, orphan, nohup, stopped, holder, swarm, hidden, breeder, headless, tidy
    // These do not obey TERM; of the last, even the first process does not.
    case stubborn, heir, deaf

    static let obedient = allCases.filter(\.obeys)

    var obeys: Bool { self != .stubborn && self != .heir && self != .deaf }
  }

  let seed: UInt64
  let shape: Shape
  /// The name of each of its processes, and one of their arguments; also in the name of the script, so that agentscript's
  /// own processes are found too.
  let cookie: String
  private let folder: String

  init(seed: UInt64, shape: Shape, in folder: String) {
    self.seed = seed
    self.shape = shape
    self.folder = folder
    var random = SplitMix(seed: seed ^ UInt64(getpid()) << 32 ^ ContinuousClock.now.hash64)
    let letters = Array("abcdefghijklmnopqrstuvwxyz0123456789")
    cookie = "tp" + String((0..<13).map { _ in letters.randomElement(using: &random)! })
  }

  /// The program with its arguments. The first process leaves once the tree stands, or stays. A marked tree has no process
  /// that cleans its environment.
  func command(leaves: Bool, isMarked: Bool = false) -> [String] {
    let words = ["tree", cookie, "\(seed)", readyFile, leaves ? "leave" : "stay", shape.rawValue]
    return [ProcessTree.probe] + words + (shape.obeys ? [] : ["stubborn"]) + (isMarked ? ["marked"] : [])
  }

  /// A command for a program that is to find no control groups, where this user may take them from it; else the command.
  static func withoutGroups(_ command: [String]) -> [String] {
    guard getuid() == 0, access("/usr/bin/unshare", X_OK) == 0 else { return command }
    return ["/usr/bin/unshare", "-m", "/bin/sh", "-c", "umount -l -a -t cgroup2; exec \"$@\"", "sh"] + command
  }

  static let probe: String = ProgramRun.agentscript.replacing("/agentscript", with: "/TreeProbe")

  /// A program with its arguments that is one process of such a tree.
  var leaf: [String] { [ProcessTree.probe, "leaf", cookie, readyFile] }

  /// A program with its arguments that starts an endless chain of processes, which leave their sessions and end at once.
  var chain: [String] { [ProcessTree.probe, "chain", cookie, readyFile] }

  /// How many leaves have come to rest, or how long the chain is.
  var restingCount: Int { TestFile.text(readyFile).count }

  private var readyFile: String { folder + "/ready" }

  /// Whether all processes of the tree have come to rest.
  var isComplete: Bool {
    let parts = TestFile.text(readyFile).split(separator: "\n")
    guard parts.count == 2, let count = Int(parts[0]) else { return false }
    return parts[1].count >= count
  }

  /// Every process that bears the cookie, zombies included, as it is shown by `ps`. Zombies that the first process of the
  /// machine is to reap are left out.
  func survivors() -> [String] {
    TestFile.names(in: "/proc").compactMap { pid_t($0) }.compactMap { pid in
      let stat = TestFile.text("/proc/\(pid)/stat")
      guard let open = stat.firstIndex(of: "("), let close = stat.lastIndex(of: ")") else { return nil }
      let fields = stat[close...].split(separator: " ")
      guard fields.count > 2, pid != getpid() else { return nil }
      let isNamed = stat[open...close] == "(\(cookie))"
      guard isNamed || TestFile.text("/proc/\(pid)/cmdline").contains(cookie) else { return nil }
      let isWhole = fields.count > 18 && fields[18] == "1"
      if fields[1].hasPrefix("Z"), isWhole, fields[2] == "1" { return nil }
      return "\(pid) \(stat[open...close]) \(fields[1]) child of \(fields[2])"
    }
  }

  /// Kills what is left, so that a failing test leaves no mess.
  func cleanUp() {
    for survivor in survivors() {
      if let pid = survivor.split(separator: " ").first.flatMap({ pid_t($0) }) { kill(pid, SIGKILL) }
    }
  }
}

extension ContinuousClock.Instant {
  /// Something different each time.
  fileprivate var hash64: UInt64 { UInt64(bitPattern: Int64(hashValue)) }
}

/// Does something with each of many things, with so many of them at once.
func each<Item: Sendable>(
  of items: [Item], atOnce width: Int, _ body: @escaping @Sendable (Item) async throws -> Void
) async throws {
  try await withThrowingTaskGroup(of: Void.self) { group in
    for (index, item) in items.enumerated() {
      if index >= width { try await group.next() }
      group.addTask { try await body(item) }
    }
    try await group.waitForAll()
  }
}
