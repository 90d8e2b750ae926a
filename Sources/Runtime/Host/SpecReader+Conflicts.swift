internal import LuaBindings

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

// What a task reads and writes, and what its group makes of that.
extension SpecReader {
  /// reads, writes. The folder of the spec must be known.
  static func readAccess(_ options: inout OptionReader, _ spec: inout TaskSpec) throws(HostFailure) {
    spec.access.reads = try patterns("reads", &options, spec)
    spec.access.writes = try patterns("writes", &options, spec)
  }

  private static func patterns(
    _ name: String, _ options: inout OptionReader, _ spec: TaskSpec
  ) throws(HostFailure) -> [GlobPattern] {
    guard let (_, value) = try options.take(name) else { return [] }
    let accepted = "a pattern of paths, or a list of such"
    var texts: [String] = []
    switch value {
    case .string: texts = try [text(value, name, options, accepted)]
    case .table(let table) where table.pairs.isEmpty:
      for element in table.array { texts.append(try text(element, name, options, accepted)) }
    default: throw options.failure(name, value, accepted)
    }
    let folder = spec.folder ?? "/"
    var patterns: [GlobPattern] = []
    for text in texts {
      do throws(GlobPatternError) { patterns.append(try GlobPattern(text, in: folder, isFolder: isFolder)) } catch {
        throw .misuse("\(options.subject): \(name): \(error.sentence)")
      }
    }
    return patterns
  }

  private static func isFolder(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  private static func text(
    _ value: LuaValue, _ name: String, _ options: OptionReader, _ accepted: String
  ) throws(HostFailure) -> String {
    guard case .string = value, let text = value.exactText else { throw options.failure(name, value, accepted) }
    return text
  }
}

extension GroupRequest {
  /// max_concurrency, cpu_threshold, memory_threshold, conflict_detection, dependency_check, plan_only.
  mutating func readPlanning(_ reader: inout OptionReader) throws(HostFailure) {
    try readConcurrency(&reader)
    if let (name, value) = try reader.take("conflict_detection") {
      let words = ConflictDetection.words.map { "\"\($0.word)\"" }.joined(separator: ", ")
      switch value {
      case .boolean(let isOn): conflictDetection = isOn ? .serialize : .off
      case .string:
        guard let choice = ConflictDetection.words.first(where: { $0.word == value.text })?.choice else { fallthrough }
        conflictDetection = choice
      default: throw reader.failure(name, value, "one of \(words), or true or false")
      }
    }
    if let (name, value) = try reader.take("dependency_check") {
      switch value {
      case .boolean(true), "strict": break
      case "warn": leavesUnknownOut = true
      default:
        let reason = value == .boolean(false) ? " (to run tasks in no order, leave their dependencies out)" : ""
        throw reader.failure(name, value, "true, \"strict\" or \"warn\"\(reason)")
      }
    }
    isPlanOnly = try reader.flag("plan_only") ?? false
  }

  private mutating func readConcurrency(_ reader: inout OptionReader) throws(HostFailure) {
    if let (name, value) = try reader.take("max_concurrency") {
      if value == "auto" {
        isAutomatic = true
      } else if case .integer(let number) = value, number >= 1 {
        maxConcurrency = Int(number)
      } else {
        throw reader.failure(name, value, "a whole number of at least 1, or \"auto\"")
      }
    }
    thresholds.cpu = try GroupRequest.share("cpu_threshold", &reader)
    thresholds.memory = try GroupRequest.share("memory_threshold", &reader)
    if isSequential, isAutomatic || !thresholds.isEmpty {
      let name = isAutomatic ? "max_concurrency = \"auto\"" : "a threshold"
      throw .misuse("task_group: \(name) has no sense in mode = \"sequential\": one task runs at a time")
    }
  }

  private static func share(_ name: String, _ reader: inout OptionReader) throws(HostFailure) -> Double? {
    guard let (_, value) = try reader.take(name) else { return nil }
    guard let number = value.double, number > 0, number <= 1 else {
      throw reader.failure(name, value, "a share above 0 and up to 1, such as 0.8")
    }
    return number
  }

  /// Takes out what is no task of the group, if it is to, and returns what is to be said of it. What a text names as
  /// `needs.…` stays, and is an error.
  mutating func leaveUnknownOut() -> [String] {
    guard leavesUnknownOut else { return [] }
    var warnings: [String] = []
    let known = Set(tasks.compactMap(\.key))
    for index in tasks.indices {
      let named = Set(tasks[index].spec.templates.flatMap { $0?.references.map(\.task) ?? [] })
      for name in tasks[index].dependencies where !known.contains(name) && !named.contains(name) {
        let title = tasks[index].key ?? tasks[index].spec.name ?? "number \(index + 1)"
        warnings.append("task_group: task '\(title)' depends on '\(name)', which is no task of the group: left out")
      }
      tasks[index].dependencies.removeAll { !known.contains($0) && !named.contains($0) }
    }
    return warnings
  }
}
