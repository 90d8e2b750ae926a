internal import Jobs
internal import LuaBindings

// phase: what the jobs of a coroutine belong to.
extension ScriptHost {
  func definePhases() throws(LuaError) {
    try publish("phase") { host, call throws(HostFailure) in try host.phase(call) }
  }

  /// `phase(name)`: what the calling coroutine and those that it starts do from now on belongs to this phase. Returns the
  /// phase before; without a name, the phase as it is.
  private func phase(_ call: HostCall) throws(HostFailure) -> HostOutcome {
    let before = text(call.task.phase)
    if call.arguments.isEmpty { return .value(before) }
    guard case .string = call[0], let name = call[0].exactText, !name.isEmpty else {
      throw .misuse("phase: the name must be a string with something in it, not \(OptionReader.show(call[0]))")
    }
    call.task.phase = name
    if !phases.contains(name) {
      phases.append(name)
      session.noteLater { registry, run, redaction in registry.note(phase: redaction.text(name), of: run) }
      presentation.noted(.phase(name))
      events.tell("phase", LuaTable(fields: [("name", .text(name))]), self)
    }
    return .value(before)
  }
}
