internal import Jobs
internal import LuaBindings

// progress, todo.
extension ScriptHost {
  func defineProgress() throws(LuaError) {
    try publish("progress") { host, call throws(HostFailure) in
      call.arguments.isEmpty ? .value(host.runProgress()) : try host.reportProgress(call)
    }
    try publish("todo") { host, call throws(HostFailure) in try host.todo(call) }
  }

  /// `progress()`: how far the run is.
  private func runProgress() -> LuaValue {
    let progress = meter.run()
    var fields = rollupFields(progress.whole)
    // Of the whole run every job counts, those inside of others too.
    for (name, count) in [
      ("total", progress.total), ("completed", progress.completed), ("failed", progress.failed),
      ("running", progress.running),
    ] {
      fields[name] = .integer(Int64(count))
    }
    fields["phases"] = .table(LuaTable(array: progress.phases.map { part($0, "name") }))
    fields["groups"] = .table(LuaTable(array: progress.groups.map { part($0, "id") }))
    return .table(fields)
  }

  private func part(_ part: RunProgress.Part, _ key: String) -> LuaValue {
    var fields = rollupFields(part.rollup)
    fields[key] = .text(part.name)
    return .table(fields)
  }

  /// How far a group is, as a table.
  func groupProgress(_ id: String) -> LuaTable {
    var fields = rollupFields(meter.group(id))
    fields["id"] = .text(id)
    return fields
  }

  private func rollupFields(_ rollup: ProgressRollup) -> LuaTable {
    LuaTable(fields: [
      ("percentage", .number(rollup.percentage)), ("total", .integer(Int64(rollup.total))),
      ("completed", .integer(Int64(rollup.completed))), ("failed", .integer(Int64(rollup.failed))),
      ("running", .integer(Int64(rollup.running))),
      ("eta_ms", rollup.etaMs.map { .integer(Int64($0)) } ?? .nil),
    ])
  }

  /// `progress(fraction or text [, text])`: of the job whose function calls.
  private func reportProgress(_ call: HostCall) throws(HostFailure) -> HostOutcome {
    var fraction: Double?, text = call[1].text
    if let number = call[0].double {
      guard number >= 0, number <= 1 else {
        throw .misuse("progress: the fraction must be from 0 to 1, not \(OptionReader.show(call[0]))")
      }
      fraction = number
    } else if case .string = call[0] {
      text = call[0].text
    } else {
      throw .misuse(
        "progress: the argument must be a fraction from 0 to 1 or a text, not \(OptionReader.show(call[0]))")
    }
    if let job = parentJob(of: call.task) {
      try session.open().progress(job, fraction: fraction, text: text)
    } else {
      presentation.say([fraction.map { "\(Int($0 * 100))%" }, text].compactMap(\.self).joined(separator: " "))
    }
    return .nothing
  }

  // MARK: What is to do

  /// `todo(items)`: the whole list of what is to do, instead of the one before.
  private func todo(_ call: HostCall) throws(HostFailure) -> HostOutcome {
    guard case .table(let list) = call[0], list.pairs.isEmpty else {
      throw .misuse("todo: the argument must be a list of items, not \(OptionReader.show(call[0]))")
    }
    var items: [TodoItem] = []
    for element in list.array { items.append(try todoItem(element, number: items.count + 1)) }
    _ = try session.open()
    let told = items.map { $0.redacted(by: secrets.redaction) }
    session.noteLater { registry, run, _ in registry.note(todo: told, of: run) }
    presentation.noted(.todo(told))
    events.tell("todo", LuaTable(fields: [("items", call[0])]), self)
    return .nothing
  }

  private func todoItem(_ value: LuaValue, number: Int) throws(HostFailure) -> TodoItem {
    guard case .table(let table) = value else {
      throw .misuse(
        "todo: item \(number) must be a table {content, status, activeForm}, not \(OptionReader.show(value))")
    }
    var reader = try OptionReader(table, subject: "todo: item \(number)")
    let content = try reader.text("content")
    let word = try reader.text("status") ?? TodoItem.Status.pending.rawValue
    let activeForm = try reader.text("activeForm", "active_form")
    try reader.finish()
    guard let content, content.contains(where: { !$0.isWhitespace }) else {
      throw .misuse("todo: item \(number) has no content")
    }
    guard let status = TodoItem.Status(rawValue: word) else {
      throw reader.failure("status", .text(word), "\"pending\", \"in_progress\" or \"completed\"")
    }
    return TodoItem(content: content, status: status, activeForm: activeForm ?? content)
  }
}

extension TodoItem {
  func redacted(by redaction: Redaction) -> TodoItem {
    if redaction.isEmpty { return self }
    return TodoItem(content: redaction.text(content), status: status, activeForm: redaction.text(activeForm))
  }
}
