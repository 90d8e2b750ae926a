import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A control group (cgroup v2) of one execution: nothing that the execution starts can leave it, whatever it does with
/// sessions and environments, and the kernel ends all of it at once (`cgroup.kill`, Linux 5.14).
///
/// Its folder is removed with the last reference, once nothing is in it.
final class ControlGroup: Sendable {
  /// The first part of the folders' names; the run's id follows, then the job's, the attempt's number and its part.
  static let namePrefix = "agentscript-"

  /// For the child that joins it.
  let processesDescriptor: Int32
  private let folder: String
  private let hasMemory: Bool

  /// A group for the order; nil where groups cannot be used, or no more can be made.
  init?(for order: CommandOrder) {
    guard case .usable(let place) = ContainmentSurvey.current.cgroup else { return nil }
    let prefix = "\(place.path)/\(ControlGroup.namePrefix)\(order.run.rawValue)-"
    folder = "\(prefix)\(order.job.rawValue)-\(order.attempt).\(order.part.name)"
    guard mkdir(folder, 0o700) == 0 else { return nil }
    processesDescriptor = open(folder + "/cgroup.procs", O_WRONLY | O_CLOEXEC)
    guard processesDescriptor >= 0 else {
      rmdir(folder)
      hasMemory = false
      return nil
    }
    hasMemory = place.controllers.contains("memory")
    if hasMemory, let memory = order.limits.memory {
      ControlGroup.write("\(memory)", to: folder + "/memory.max")
      ControlGroup.write("0", to: folder + "/memory.swap.max")
      // One of its processes alone could not go on well.
      ControlGroup.write("1", to: folder + "/memory.oom.group")
    }
    if place.controllers.contains("pids"), let processes = order.limits.processes {
      ControlGroup.write("\(processes)", to: folder + "/pids.max")
    }
    Guardian.tell(groups: prefix)
  }

  deinit {
    close(processesDescriptor)
    // Fails while something is in it: whoever ends that finds the folder by its name.
    rmdir(folder)
  }

  /// Ends all that is in it.
  func kill() { ControlGroup.write("1", to: folder + "/cgroup.kill") }

  /// Whether anything is in it that has not ended.
  var isPopulated: Bool { ControlGroup.text(folder + "/cgroup.events")?.contains("populated 1") ?? false }

  /// The processes in it.
  var processes: [pid_t] {
    (ControlGroup.text(folder + "/cgroup.procs") ?? "").split(separator: "\n").compactMap { pid_t($0) }
  }

  /// Whether the kernel has ended it for its memory.
  var hasRunOutOfMemory: Bool {
    guard hasMemory, let text = ControlGroup.text(folder + "/memory.events") else { return false }
    return text.split(separator: "\n").contains { $0.hasPrefix("oom_kill ") && $0 != "oom_kill 0" }
  }

  /// Ends what a dead run has left in its groups, and removes them.
  static func endAll(of run: RunID) {
    guard case .usable(let place) = ContainmentSurvey.current.cgroup, let listing = opendir(place.path) else { return }
    defer { closedir(listing) }
    while let entry = readdir(listing) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
      }
      guard name.hasPrefix("\(namePrefix)\(run.rawValue)-") else { continue }
      write("1", to: "\(place.path)/\(name)/cgroup.kill")
      for _ in 0..<50 where rmdir("\(place.path)/\(name)") != 0 && errno == EBUSY { usleep(2_000) }
    }
  }

  private static func text(_ path: String) -> String? { KernelFile.text(path) }

  private static func write(_ text: String, to path: String) {
    let descriptor = open(path, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    // A limit that is refused is still held by looking.
    _ = text.withCString { system(descriptor, $0) }
    close(descriptor)
  }

  private static func system(_ descriptor: Int32, _ text: UnsafePointer<CChar>) -> Int {
    #if canImport(Darwin)
      Darwin.write(descriptor, text, strlen(text))
    #else
      Glibc.write(descriptor, text, strlen(text))
    #endif
  }
}
