import Models
import WireText

extension AgentState {
  private static let mostCalls = 64

  /// What becomes of each call of a turn.
  mutating func plan(_ calls: [ToolCall], isCutOff: Bool) -> [PlannedCall] {
    var planned: [PlannedCall] = []
    for (place, call) in calls.enumerated() {
      let verdict: PlannedCall.Verdict =
        place < AgentState.mostCalls
        ? self.verdict(on: call, isCutOff: isCutOff)
        : .refuse("not run: a turn may have at most \(AgentState.mostCalls) calls")
      planned.append(PlannedCall(call: call, verdict: verdict))
    }
    guard let ending else { return planned }
    return calls.map { PlannedCall(call: $0, verdict: .refuse("not run: \(ending)")) }
  }

  private mutating func verdict(on call: ToolCall, isCutOff: Bool) -> PlannedCall.Verdict {
    let arguments = try? call.input()
    let count = counter.count(call.name, arguments.map { .object($0) } ?? .string(call.arguments))
    if count > order.limits.identicalCalls {
      if count > order.limits.identicalCalls + 1 { ending = .repeated(tool: call.name, count: count) }
      return .refuse(
        "not run: you have called '\(call.name)' \(count - 1) times with the same arguments, and its answer will not change. "
          + "Do something else, or give your final answer; the same call once more ends your work")
    }
    guard let tool = tools[call.name] else { return .refuse(unknownTool(call.name)) }
    switch read(call, of: tool, isCutOff: isCutOff) {
    case .failure(let problem): return .refuse(problem.sentence)
    case .success(let input): return permission(for: call, tool, input)
    }
  }

  private func unknownTool(_ name: String) -> String {
    let names = definitions.map(\.name)
    let shown = BoundedText.prefix(name, bytes: 80)
    if let nearest = NearestName.of(name, among: names) {
      return "not run: there is no tool '\(shown)'; did you mean '\(nearest)'?"
    }
    return names.isEmpty
      ? "not run: there is no tool '\(shown)', and no other tool either"
      : "not run: there is no tool '\(shown)'; there are \(names.prefix(40).joined(separator: ", "))"
  }

  private struct Problem: Error { let sentence: String }

  /// The arguments, if the tool takes them.
  private func read(_ call: ToolCall, of tool: AgentTool, isCutOff: Bool) -> Result<JSONObject, Problem> {
    let input: JSONObject
    do throws(JSONError) {
      guard let object = try call.input() else {
        return .failure(Problem(sentence: "not run: the arguments of '\(call.name)' have to be a JSON object"))
      }
      input = object
    } catch {
      let why =
        isCutOff
        ? "your answer was cut off at the limit of tokens inside them; make the call again with less in it, in several steps"
        : "\(error)"
      return .failure(Problem(sentence: "not run: the arguments of '\(call.name)' are no JSON: \(why)"))
    }
    let given = AgentState.withoutNulls(input, schema: tool.definition.schema)
    let problems = validators[call.name]?.problems(in: .object(given)) ?? []
    guard problems.isEmpty else {
      let list = problems.prefix(8).joined(separator: "; ")
      return .failure(Problem(sentence: "not run: the arguments of '\(call.name)' do not fit: \(list)"))
    }
    return .success(given)
  }

  /// Models write `null` for what they leave out.
  private static func withoutNulls(_ input: JSONObject, schema: JSONValue) -> JSONObject {
    let required = schema["required"]?.array ?? []
    return JSONObject(
      input.members.filter { member in
        guard member.value.isNull, !required.contains(.string(member.key)) else { return true }
        guard let type = schema["properties"]?[member.key]?["type"] else { return true }
        return type == "null" || type.array?.contains("null") == true
      })
  }

  private func permission(for call: ToolCall, _ tool: AgentTool, _ input: JSONObject) -> PlannedCall.Verdict {
    let subject = tool.subject(input)
    switch order.permissions.decision(tool: tool.name, kind: tool.kind, subject: subject) {
    case .allow: return .run(tool, input)
    case .deny(let why): return .refuse("not run: permission denied: \(why)")
    case .ask(let why):
      let question = PermissionQuestion(
        agent: order.name, callID: call.id, tool: tool.name, kind: tool.kind, subject: subject, arguments: input,
        why: why)
      return .ask(tool, input, question)
    }
  }

  /// The calls have their results. `ending`: what ends the agent nevertheless.
  mutating func called(_ results: [ToolResult], ending failure: AgentFailure? = nil) -> Step {
    guard case .calling(let calls) = phase, calls.map(\.id) == results.map(\.callID) else {
      preconditionFailure("results \(results.map(\.callID)) came in the phase \(phase)")
    }
    conversation.append(results: results)
    phase = .ready
    if let failure = failure ?? ending { return end(.failed(failure)) }
    return nextTurn()
  }
}
