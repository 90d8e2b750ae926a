internal import Jobs
internal import LuaBindings
internal import Models

// steer, budget.
extension ScriptHost {
  func defineAgents() throws(LuaError) {
    try publish("steer") { host, call throws(HostFailure) in
      try host.steer(try host.job(call[0], "steer"), call[1], "steer")
    }
    try define(
      type: 12, "budget",
      methods: [
        ("spent", { host, call throws(HostFailure) in .values(host.spent(try host.account(call))) }),
        ("remaining", { host, call throws(HostFailure) in .values(host.remaining(try host.account(call))) }),
      ],
      getter: { host, call throws(HostFailure) in
        guard call[1] == "total" else { return .value(.nil) }
        return .value(host.session.agents().limit(of: AgentDesk.runAccount).cost.map { .number($0.dollars) } ?? .nil)
      },
      text: { host, _ throws(HostFailure) in
        let spending = host.session.agents().spent(AgentDesk.runAccount)
        return .value(.text("budget: \(spending.cost) and \(spending.usage.total) tokens are spent"))
      })
    try lua.setGlobal("budget", objects.push(.budget))
  }

  /// `steer(job, text)`: true if an agent hears it.
  func steer(_ id: JobID, _ value: LuaValue, _ name: String) throws(HostFailure) -> HostOutcome {
    guard case .string = value, let text = value.exactText, !text.allSatisfy(\.isWhitespace) else {
      throw .misuse("\(name): what is said must be a text, not \(OptionReader.show(value))")
    }
    guard let record = try knownRecord(id) else { return .value(false) }
    guard record.kind == .model else {
      throw .misuse("\(name): '\(record.name ?? id.rawValue)' is no model agent, and cannot be talked to")
    }
    guard record.run == session.id else {
      throw .misuse("\(name): '\(id)' belongs to another run, \(record.run): only the run's own script can talk to it")
    }
    return .value(.boolean(session.steer(id, text)))
  }

  /// Whose money is asked for: the run's, or that of a job or group.
  private func account(_ call: HostCall) throws(HostFailure) -> String {
    let value = call[0]
    if value.isNil { return AgentDesk.runAccount }
    switch objects[value] {
    case .budget: return AgentDesk.runAccount
    case .jobGroup(let group): return group.id
    default: return try job(value, call.name).rawValue
    }
  }

  /// Dollars, tokens.
  private func spent(_ account: String) -> [LuaValue] {
    let spending = session.agents().spent(account)
    return [.number(spending.cost.dollars), .integer(Int64(spending.usage.total))]
  }

  /// Dollars, tokens; nil where there is no limit.
  private func remaining(_ account: String) -> [LuaValue] {
    let rest = session.agents().remaining(account)
    return [rest.cost.map { .number($0.dollars) } ?? .nil, rest.tokens.map { .integer(Int64($0)) } ?? .nil]
  }
}

extension SpecReader {
  /// US dollars, or `{ cost = …, tokens = … }`.
  static func budget(_ name: String, _ options: inout OptionReader) throws(HostFailure) -> BudgetLimit? {
    guard let (_, value) = try options.take(name) else { return nil }
    let accepted = "US dollars, or a table { cost, tokens }"
    switch value {
    case .integer, .number:
      guard let cost = money(value) else { throw options.failure(name, value, accepted) }
      return BudgetLimit(cost: cost)
    case .table(let table):
      var reader = try OptionReader(table, subject: "\(options.subject): \(name)")
      let limit = BudgetLimit(cost: try money("cost", &reader), tokens: try reader.count("tokens", in: 1...Int.max))
      try reader.finish()
      return limit
    default: throw options.failure(name, value, accepted)
    }
  }
}
