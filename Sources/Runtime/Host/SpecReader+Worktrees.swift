internal import Jobs
internal import LuaBindings

extension SpecReader {
  /// isolation, merge. An `id` of the script's own becomes the end of a branch's name.
  static func readIsolation(
    _ options: inout OptionReader, _ spec: inout TaskSpec, id: String?
  ) throws(HostFailure) {
    let isolation = try options.text("isolation")
    let merge = try options.text("merge")
    switch isolation {
    case nil, "none":
      if merge != nil {
        throw .misuse("\(options.subject): merge belongs to tasks with isolation = \"worktree\"")
      }
      return
    case "worktree": break
    case let word?: throw options.failure("isolation", .text(word), "\"none\" or \"worktree\"")
    }
    if case .function = spec.work {
      throw .misuse(
        "\(options.subject): isolation belongs to tasks with a command; an fn runs inside of the script, whose working "
          + "directory is one for all")
    }
    if spec.hedge != nil {
      throw .misuse(
        "\(options.subject): hedge and isolation exclude each other; both copies would write to one worktree")
    }
    if let fault = id.flatMap(WorktreeName.fault) { throw .misuse("\(options.subject): \(fault)") }
    guard let wish = merge.map(JobWorktree.Merge.init(rawValue:)) ?? .auto else {
      throw options.failure("merge", .text(merge ?? ""), "\"auto\", \"patch\" or \"keep\"")
    }
    spec.worktree = wish
  }
}

extension ScriptHost {
  /// What became of a job's worktree, as scripts see it: the folder and the branch only if they are there.
  func worktree(of record: JobRecord) -> LuaValue {
    guard let worktree = record.worktree else { return .nil }
    let conflicts = worktree.conflicts.map { conflict in
      LuaValue.table(LuaTable(fields: [("file", .text(conflict.file)), ("with", .text(conflict.with))]))
    }
    return .table(
      LuaTable(fields: [
        ("path", text(worktree.hasFolder ? worktree.path : nil)),
        ("branch", text(worktree.hasBranch ? worktree.branch : nil)), ("base", .text(worktree.base)),
        ("commit", text(worktree.tip == worktree.base ? nil : worktree.tip)), ("merge", .text(worktree.merge.rawValue)),
        ("merged", .boolean(worktree.merged)), ("files", texts(worktree.files)),
        ("file_count", .integer(Int64(worktree.fileCount))), ("note", text(worktree.note)),
        ("patch", text(worktree.patch)), ("conflicts", .table(LuaTable(array: conflicts))),
        ("undeclared", texts(worktree.undeclared)),
      ]))
  }

  private func texts(_ values: [String]) -> LuaValue { .table(LuaTable(array: values.map { .text($0) })) }

  /// The conflicts of a group's works: which task's, in which file, with whom.
  func conflicts(of jobs: [JobID]) -> LuaValue {
    var all: [LuaValue] = []
    for id in jobs {
      guard let record = book.records[id] else { continue }
      let name = book.keys[id] ?? record.name ?? id.rawValue
      for conflict in record.worktree?.conflicts ?? [] {
        all.append(
          .table(
            LuaTable(fields: [
              ("task", .text(name)), ("with", .text(conflict.with)), ("file", .text(conflict.file)),
            ])))
      }
    }
    return .table(LuaTable(array: all))
  }

  /// Whether a job ended well and what it did has not come to where it was to go.
  func isUnmerged(_ id: JobID) -> Bool {
    guard let record = book.records[id], record.isSuccess, let worktree = record.worktree else { return false }
    return worktree.merge == .auto && !worktree.merged && worktree.tip != worktree.base
  }
}
