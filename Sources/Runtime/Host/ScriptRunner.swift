internal import Jobs
internal import LuaBindings
internal import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Runs one invocation as this process's work: Lua on a thread of its own, signals on the calling one.
public struct ScriptRunner: Sendable {
  let invocation: ScriptInvocation
  let presentation: RunPresentation
  let prompt: ScriptPrompt?

  /// A runner. Without a prompt, an interactive invocation fails.
  public init(_ invocation: ScriptInvocation, presentation: RunPresentation, prompt: ScriptPrompt? = nil) {
    self.invocation = invocation
    self.presentation = presentation
    self.prompt = prompt
  }

  /// After being told to end, a script has this long: the grace of its variables, that of its processes, and a little.
  private static let patience = Duration.seconds(12)

  /// How often a script that was told to end is looked at, and how long it may show no life.
  private static let look = Duration.milliseconds(500)

  /// Runs the script to its end and returns the process's exit code. To be called once.
  ///
  /// The first Ctrl-C is an error in the script, the second ends everything at once; SIGTERM, SIGHUP and a closed
  /// standard output cancel the script, which may tidy up.
  public func run() -> Int32 {
    let gate = HostGate()
    let signals = SignalWatch()
    signals.start()
    let result = Mutex<Int32>(0)
    OwnThread.start(stackSize: 8 << 20) {
      let code = runOnThisThread(gate)
      result.withLock { $0 = code }
      signals.wake()
    }
    // Code stuck inside a C function never looks at the clock: then this thread ends the process.
    var end = invocation.options.timeout.map { MonotonicTime.now.advanced(by: $0) }
    var nextLook = end?.advanced(by: ScriptRunner.look)
    // Told of once, in time to do something about it.
    var warning = invocation.options.timeout.map { MonotonicTime.now.advanced(by: $0 * 0.8) }
    var exitCode: Int32 = 124
    while true {
      switch signals.next(until: [warning, nextLook].compactMap(\.self).min()) {
      case .woken: return result.withLock { $0 }
      case .deadline where warning.map { $0 <= .now } ?? false:
        warning = nil
        if let limit = invocation.options.timeout, !invocation.options.isQuiet {
          presentation.say("agentscript: 80 % of the script's \(JobSentences.text(limit)) are used up")
        }
      case .deadline:
        let isLate = end.map { $0.advanced(by: ScriptRunner.patience) < .now } ?? false
        if isLate { return giveUp(gate, exitCode, "the script did not end in time") }
        if gate.isStuck(for: ScriptRunner.look) {
          return giveUp(gate, exitCode, "the script did not end in time: it is stuck inside a C function")
        }
        gate.nudge()
        nextLook = .now.advanced(by: ScriptRunner.look)
      case .signal(SIGTSTP): ProcessStop.stop()
      case .signal(SIGINT):
        if gate.isPrompting.load(ordering: .acquiring), let prompt {
          guard prompt.isTerminal else { return giveUp(gate, 130, nil) }
          prompt.interrupt()
          continue
        }
        if gate.interrupts.add(1, ordering: .relaxed).newValue > 1 { return giveUp(gate, 130, nil) }
        gate.postUrgently(.interrupt)
      case .signal(let number):
        exitCode = 128 + number
        end = .now
        nextLook = .now.advanced(by: ScriptRunner.look)
        gate.postUrgently(.terminate(reason: Guardian.reason(for: number), exitCode: exitCode))
      }
    }
  }

  private func giveUp(_ gate: HostGate, _ code: Int32, _ message: String?) -> Int32 {
    Guardian.hurry()
    gate.killSwitch.withLock { $0 }?(code)
    if let message { presentation.say("agentscript: \(message)") }
    // Not exit(): the Lua thread still runs, and must not see its world taken apart.
    _exit(code)
  }

  private func runOnThisThread(_ gate: HostGate) -> Int32 {
    let host = ScriptHost(gate: gate, options: invocation.options, presentation: presentation)
    let program = ScriptProgram(host: host, invocation: invocation, prompt: prompt)
    let outcome = program.run()
    let code = report(outcome, host)
    fflush(nil)
    host.session.end(exitCode: code, status: outcome.runStatus(code))
    host.close()
    return host.lateExitCode ?? code
  }

  /// Says how the script ended, and chooses the exit code.
  private func report(_ outcome: ScriptOutcome, _ host: ScriptHost) -> Int32 {
    let presentation = host.presentation
    switch outcome {
    case .finished(let value, let ignored):
      for record in ignored {
        let name = record.name ?? record.description ?? record.id.rawValue
        presentation.say(
          "agentscript: '\(name)' \(record.status.rawValue), and the script never asked: \(record.error ?? "no reason given") (agentscript logs \(record.id))"
        )
      }
      var isSuccess = ignored.isEmpty
      if case .table(let table) = value, table["success"] == .boolean(false) { isSuccess = false }
      if invocation.options.wantsJSON { writeJSON(value, isSuccess: isSuccess, host) }
      return isSuccess ? 0 : 1
    case .failed(let message):
      if let termination = host.termination {
        presentation.say("agentscript: ended: \(termination.reason)")
        return termination.exitCode
      }
      presentation.say("\(invocation.programName): \(message)")
      return message.hasPrefix("interrupted!") ? 130 : 1
    case .exited(let code): return code
    case .terminated(let reason, let code):
      if code != 128 + SIGPIPE { presentation.say("agentscript: ended: \(reason)") }
      return code
    }
  }

  private func writeJSON(_ value: LuaValue, isSuccess: Bool, _ host: ScriptHost) {
    let run = host.session.hasBegun ? "\"\(host.session.id)\"" : "null"
    StandardOutput.write("{\"success\":\(isSuccess),\"run\":\(run),\"result\":\(LuaJSON.text(value))}\n")
  }
}
