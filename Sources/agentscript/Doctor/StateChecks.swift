import Jobs
import Runtime

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// The state folder and what is in it, looked at.
enum StateChecks {
  /// The folder, its file system, the registry, and what earlier runs left.
  static func all() -> [DoctorCheck] {
    let directory: StateDirectory
    do throws(CommandFailure) { directory = try JobDesk.locate() } catch {
      // The sentence names the remedy.
      return [.problem("state", error.message, fix: nil)]
    }
    return [folder(directory)] + fileSystem(directory) + registry(directory)
  }

  private static func folder(_ directory: StateDirectory) -> DoctorCheck {
    let path = directory.path
    var info = stat()
    guard lstat(path, &info) == 0 else {
      let parent = nearest(path)
      guard access(parent, W_OK) == 0 else {
        return .problem(
          "state", "\(path) is not there, and cannot be made: \(parent) is not writable",
          fix: "set \(StateDirectory.variable) to a folder of your own")
      }
      return .ok("state", "\(path) will be made by the first job")
    }
    guard access(path, W_OK | X_OK) == 0 else {
      return .problem(
        "state", "\(path) is not writable (\(SystemText.of(errno)))",
        fix: "run 'chmod u+rwx \(path)', or set \(StateDirectory.variable) to another folder")
    }
    return .ok("state", "\(path), yours alone to write")
  }

  private static func fileSystem(_ directory: StateDirectory) -> [DoctorCheck] {
    guard let facts = FileSystemFacts(folder: nearest(directory.path)) else { return [] }
    return [kind(facts), space(facts)]
  }

  /// What the file system means. Pure.
  static func kind(_ facts: FileSystemFacts) -> DoctorCheck {
    let name = facts.type.isEmpty ? "the file system" : facts.type
    let elsewhere = "set \(StateDirectory.variable) to a folder on a local disk"
    switch facts.kind {
    case .local: return .ok("file system", "\(name), local")
    case .network:
      return .problem("file system", "\(name): locks between processes cannot be relied on there", fix: elsewhere)
    case .memory:
      return .warning(
        "file system", "\(name): outputs take memory, and all is gone with the next start of the machine",
        fix: elsewhere)
    }
  }

  /// What is left on it. Pure.
  static func space(_ facts: FileSystemFacts) -> DoctorCheck {
    let free = DurationText.size(bytes: Int(clamping: facts.freeBytes))
    let floor = DurationText.size(bytes: Int(clamping: facts.floor))
    let fix = "free some, or run 'agentscript prune'"
    if facts.freeBytes < facts.floor {
      return .problem("space", "\(free) are free, and below \(floor) no job is started", fix: fix)
    }
    return facts.freeBytes < facts.floor * 2
      ? .warning("space", "\(free) are free; below \(floor) no job is started", fix: fix)
      : .ok("space", "\(free) are free")
  }

  private static func registry(_ directory: StateDirectory) -> [DoctorCheck] {
    guard directory.holdsRegistry else { return [.ok("registry", "none yet; the first job makes it")] }
    do {
      // Opening it ends as lost what dead processes left; here too, so that it is told below.
      guard let desk = try JobDesk.open() else { return [] }
      let writer = try desk.writing()
      writer.close()
      let found = try desk.registry.integrityProblems(isQuick: true)
      guard found.isEmpty else {
        return [
          .problem(
            "registry", "damaged: \(found.prefix(3).joined(separator: "; "))",
            fix: "move \(directory.registryPath) away; the jobs' own files are not touched by that")
        ]
      }
      let jobs = try desk.jobs(JobFilter())
      return [
        .ok(
          "registry",
          "opens, schema \(Registry.schemaVersion), sound, \(jobs.count == 1 ? "1 job" : "\(jobs.count) jobs")"),
        leftovers(jobs),
      ]
    } catch let failure as CommandFailure {
      return [.problem("registry", failure.message, fix: nil)]
    } catch {
      return [.problem("registry", "\(error)", fix: nil)]
    }
  }

  /// What earlier runs left. Pure.
  static func leftovers(_ jobs: [JobRecord]) -> DoctorCheck {
    let live = jobs.count { !$0.status.isTerminal }
    let lost = jobs.filter { $0.status == .lost }
    let running = live == 0 ? "no job is under way" : "\(live) under way"
    guard let last = lost.last else { return .ok("leftovers", "none; \(running)") }
    return .note(
      "leftovers", "lost with the process that ran them: \(lost.count), the last is \(last.id); \(running)")
  }

  /// The path itself, or the nearest folder above it that is there.
  private static func nearest(_ path: String) -> String {
    var path = path
    var info = stat()
    while stat(path, &info) != 0, let slash = path.lastIndex(of: "/"), path != "/" {
      path = slash == path.startIndex ? "/" : String(path[..<slash])
    }
    return path
  }
}
