internal import Jobs
internal import LuaBindings

// `task_group(specs, {plan_only = true})`: what would run.
extension ScriptHost {
  /// The number of the Lua type that gives plans their `tostring`.
  static let planType: UInt32 = 10

  func definePlans() throws(LuaError) {
    let describe = register("tostring", isAlwaysAllowed: true) { _, call throws(HostFailure) in
      guard case .table(let table) = call[0] else { return .value("plan") }
      return .value(table["text"].isNil ? "plan" : table["text"])
    }
    try lua.define(tableType: ScriptHost.planType, name: "plan", text: describe)
  }

  /// The plan of a group, which is not submitted.
  func planned(_ group: GroupSpec) throws(HostFailure) -> LuaValue {
    let outlook: GroupOutlook
    let slots = try session.expectedConcurrency()
    do throws(TaskError) {
      outlook = try GroupOutlook(group, slots: slots, durations: try expectedDurations(of: group))
    } catch { throw .misuse("task_group: \(error.description)") }
    return outlook.table
  }

  /// What is known from earlier runs. A plan makes no registry where there is none.
  private func expectedDurations(of group: GroupSpec) throws(TaskError) -> [Double?] {
    let nothing = [Double?](repeating: nil, count: group.members.count)
    do throws(HostFailure) {
      guard try session.directory().holdsRegistry else { return nothing }
      return try session.openRegistry().expectedDurations(of: group, secrets.redaction) ?? nothing
    } catch { return nothing }
  }
}

extension Registry {
  /// How many milliseconds each task of a group took before, where that is known; nil if it cannot be read.
  func expectedDurations(of group: GroupSpec, _ redaction: Redaction) -> [Double?]? {
    let tasks = group.members.map { (name: $0.spec.name ?? $0.key, command: $0.spec.shownWork(redaction)) }
    return (try? expectedDurations(of: tasks))?.map { $0.map(Double.init) }
  }
}

/// A group's plan, as people see it.
struct GroupOutlook {
  private let group: GroupSpec
  private let plan: GroupPlan
  private let conflicts: [PathConflict]
  private let forecast: GroupForecast
  private let isKnown: [Bool]
  private let slots: Int

  /// Throws what would keep the group from being run.
  init(_ group: GroupSpec, slots: Int, durations: [Double?]) throws(TaskError) {
    self.group = group
    self.slots = slots
    plan = try group.plan()
    let graph = try group.conflicts()
    try group.refuseConflicts(graph, plan)
    conflicts = graph?.unordered(in: plan) ?? []
    var question = GroupForecast.Question(plan: plan, slots: slots)
    question.durations = durations
    question.needsSlot = group.members.map { $0.spec.work != .function }
    question.priorities = group.members.map(\.spec.priority)
    question.limit = group.isSequential ? 1 : group.isAutomatic ? nil : group.maxConcurrency
    question.conflicts = try group.isolated().conflicts()
    forecast = GroupForecast(question)
    isKnown = durations.map { $0 != nil }
  }

  private func title(_ index: Int) -> LuaValue { .text(group.title(of: index)) }

  private func milliseconds(_ time: Double) -> LuaValue {
    forecast.isTimed ? .integer(Int64(time.rounded())) : .nil
  }

  var table: LuaValue {
    let path = LuaTable(
      array: forecast.criticalPath.map(title), fields: [("duration_ms", milliseconds(forecast.criticalLength))])
    return .table(
      LuaTable(
        fields: [
          ("waves", .table(LuaTable(array: plan.waves.map { .table(LuaTable(array: $0.map(title))) }))),
          ("critical_path", .table(path)), ("expected_ms", milliseconds(forecast.makespan)),
          ("conflicts", .table(LuaTable(array: conflicts.map(conflict)))),
          ("tasks", .table(LuaTable(array: plan.keys.indices.map(task)))), ("text", .text(text)),
        ], type: ScriptHost.planType))
  }

  private func conflict(_ conflict: PathConflict) -> LuaValue {
    let (first, second) = (conflict.first, conflict.second)
    return .table(
      LuaTable(
        array: [title(first.task), title(second.task)],
        fields: [
          ("pattern", .text(first.pattern)), ("other_pattern", .text(second.pattern)),
          ("text", .text(conflict.sentence(group.title(of: first.task), group.title(of: second.task)))),
        ]))
  }

  private func task(_ index: Int) -> LuaValue {
    .table(
      LuaTable(fields: [
        ("id", title(index)), ("dependencies", .table(LuaTable(array: plan.dependencies[index].map(title)))),
        ("expected_ms", isKnown[index] ? milliseconds(forecast.durations[index]) : .nil),
        ("starts_ms", milliseconds(forecast.starts[index])), ("priority", .number(group.members[index].spec.priority)),
      ]))
  }

  // MARK: Text

  private func time(_ milliseconds: Double) -> String { JobSentences.text(.milliseconds(Int(milliseconds.rounded()))) }

  private func titled(_ index: Int) -> String {
    group.title(of: index) + (isKnown[index] ? " (\(time(forecast.durations[index])))" : "")
  }

  private var text: String {
    let count = plan.keys.count
    var lines = ["\(count) task\(count == 1 ? "" : "s") in \(plan.waves.count) wave\(plan.waves.count == 1 ? "" : "s")"]
    if group.isSequential { lines[0] += ", one after the other" }
    for (number, wave) in plan.waves.enumerated() {
      let more = wave.count > 20 ? ", and \(wave.count - 20) more" : ""
      lines.append("  \(number + 1): " + wave.prefix(20).map(titled).joined(separator: ", ") + more)
    }
    let path = forecast.criticalPath.map { group.title(of: $0) }.joined(separator: " → ")
    if !path.isEmpty {
      lines.append("longest way: \(path)" + (forecast.isTimed ? ", \(time(forecast.criticalLength))" : ""))
    }
    for found in conflicts.prefix(20) {
      lines.append("conflict: " + found.sentence(group.title(of: found.first.task), group.title(of: found.second.task)))
    }
    if conflicts.count > 20 { lines.append("and \(conflicts.count - 20) more conflicts") }
    guard forecast.isTimed else {
      lines.append("expected time: not known, none of these has run for long enough before")
      return lines.joined(separator: "\n")
    }
    let known = forecast.knownCount == count ? "" : " (\(forecast.knownCount) of \(count) tasks have run before)"
    lines.append("expected time: \(time(forecast.makespan)) with \(slots) slot\(slots == 1 ? "" : "s")\(known)")
    return lines.joined(separator: "\n")
  }
}
