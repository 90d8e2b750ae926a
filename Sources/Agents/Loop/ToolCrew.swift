import Models
import WireText

/// Makes the calls of one turn: reading ones that stand side by side at once, the others one after the other. Each gets
/// exactly one result, in the order of the calls.
struct ToolCrew: Sendable {
  let order: AgentOrder
  let surroundings: AgentSurroundings
  let resultLimit: Int

  /// The results, and what ends the agent if somebody said so.
  func work(_ calls: [PlannedCall]) async -> ([ToolResult], AgentFailure?) {
    var results: [ToolResult] = []
    results.reserveCapacity(calls.count)
    var ending: AgentFailure?
    var start = 0
    while start < calls.count {
      var end = start + 1
      if calls[start].isRead { while end < calls.count, calls[end].isRead { end += 1 } }
      var ready: [PlannedCall] = []
      for call in calls[start..<end] { ready.append(await permitted(call, &ending)) }
      results += await make(ready)
      start = end
    }
    return (results, ending)
  }

  /// Asks whoever has to allow the call.
  private func permitted(_ planned: PlannedCall, _ ending: inout AgentFailure?) async -> PlannedCall {
    await surroundings.tell(.toolCalled(planned.call))
    func refused(_ why: String) -> PlannedCall { PlannedCall(call: planned.call, verdict: .refuse("not run: " + why)) }
    if case .refuse = planned.verdict { return planned }
    if Task.isCancelled { return refused("the work was cancelled") }
    if let ending { return refused("\(ending)") }
    guard case .ask(let tool, let input, let question) = planned.verdict else { return planned }
    await surroundings.tell(.toolAsks(question))
    switch await surroundings.permit(question) {
    case .allow:
      if Task.isCancelled { return refused("the work was cancelled") }
      return PlannedCall(call: planned.call, verdict: .run(tool, input))
    case .deny(let why): return refused("permission denied: \(why)")
    case .end(let why):
      ending = .permissionDenied(why)
      return refused("permission denied: \(why)")
    }
  }

  private func make(_ calls: [PlannedCall]) async -> [ToolResult] {
    var results = [ToolResult?](repeating: nil, count: calls.count)
    await withTaskGroup(of: (Int, ToolResult, Bool).self) { group in
      var next = 0
      func begin() {
        let (place, planned) = (next, calls[next])
        next += 1
        group.addTask { await make(planned, place) }
      }
      while next < min(calls.count, order.limits.readsAtOnce) { begin() }
      while let (place, result, didRun) = await group.next() {
        results[place] = result
        await surroundings.tell(.toolAnswered(ToolReport(call: calls[place].call, result: result, didRun: didRun)))
        if next < calls.count { begin() }
      }
    }
    return zip(calls, results).map { planned, result in
      guard let result else { preconditionFailure("the call \(planned.call.id) has no result") }
      return result
    }
  }

  private func make(_ planned: PlannedCall, _ place: Int) async -> (Int, ToolResult, Bool) {
    let id = planned.call.id
    switch planned.verdict {
    case .refuse(let why): return (place, ToolResult(callID: id, text: why, isError: true), false)
    case .ask: preconditionFailure("the call \(id) was made before anybody allowed it")
    case .run(let tool, let input):
      if Task.isCancelled {
        return (place, ToolResult(callID: id, text: "not run: the work was cancelled", isError: true), false)
      }
      let outcome = await run(tool, input, id)
      var text = BoundedText.cut(outcome.text, limit: resultLimit, hint: "ask for less at once to see them")
      if BoundedText.isBlank(text) { text = outcome.images.isEmpty ? "(the tool answered without a word)" : text }
      let result = ToolResult(callID: id, text: text, images: outcome.images, isError: outcome.isError)
      return (place, result, true)
    }
  }

  private func run(_ tool: AgentTool, _ input: JSONObject, _ id: String) async -> ToolOutcome {
    let (lines, feed) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .bufferingNewest(256))
    let tell = surroundings.tell
    let policy = order.permissions
    var context = ToolContext(callID: id, folder: order.folder) { line in feed.yield(line) }
    context.maySee = { path in
      for name in [tool.name, "read"] {
        if case .deny = policy.decision(tool: name, kind: .reads, subject: path) { return false }
      }
      return true
    }
    context.room = resultLimit
    let ready = context
    async let told: Void = {
      for await line in lines { await tell(.toolProgress(callID: id, line: line)) }
    }()
    let outcome = await PatientCall.run { await tool.run(input, ready) }
    feed.finish()
    await told
    return outcome
  }
}
