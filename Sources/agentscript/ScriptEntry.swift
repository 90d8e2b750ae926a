import Runtime

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// Where both ways of starting a script meet.
enum ScriptEntry {
  /// Runs a script to its end, then `tidyUp`, and ends the process.
  static func run(_ invocation: ScriptInvocation, tidyUp: @escaping () -> Void = {}) -> Never {
    // With steps before it the file may come into being only by them, and the host looks for it when it is due.
    if case .file(let path) = invocation.main, invocation.steps.isEmpty, let problem = ScriptFile.problem(path) {
      StandardStream.error.talk("agentscript: \(problem)\n")
      tidyUp()
      exit(ExitStatus.usage.rawValue)
    }
    Guardian.start {
      let code = runBelowTheGuardian(invocation)
      tidyUp()
      return code
    }
  }

  private static func runBelowTheGuardian(_ invocation: ScriptInvocation) -> Int32 {
    let editor = invocation.interactive ? lineEditor() : nil
    let meter = RunMeter()
    let display = ProgressDisplay(
      form: .suited(to: .error, isQuiet: invocation.options.isQuiet), editor: editor, meter: meter)
    // Where nobody can answer at once, whoever starts scripts may rather have them end.
    let wantsParking = getenv("AGENTSCRIPT_PARK").map { String(cString: $0) } == "1"
    let window =
      invocation.options.parks ? nil : QuestionDesk.atTerminal(display, editor: editor)?.window
    let presentation = RunPresentation(
      jobChanged: { display.note($0) }, noted: { display.note($0, isAsking: window != nil) },
      idle: { $0 ? display.show() : display.hide() },
      say: { display.say($0) }, meter: meter, questions: window)
    var invocation = invocation
    if window == nil, wantsParking { invocation.options.parks = true }
    let code = ScriptRunner(invocation, presentation: presentation, prompt: editor.map(prompt)).run()
    display.finish()
    editor?.restoreTerminal()
    return code
  }

  private static func lineEditor() -> LineEditor {
    LineEditor(history: LineHistory { name in getenv(name).map { String(cString: $0) } })
  }

  private static func prompt(_ editor: LineEditor) -> ScriptPrompt {
    ScriptPrompt(
      read: { text, receiver in editor.read(prompt: text) { receiver(ScriptPrompt.Event($0)) } },
      answer: { insert, listing, receiver in
        editor.answer(insert: insert, listing: listing) { receiver(ScriptPrompt.Event($0)) }
      },
      remember: { editor.remember($0) }, interrupt: { editor.interrupt() }, columns: { LineEditor.columns },
      isTerminal: LineEditor.isTerminal)
  }
}

extension ScriptPrompt.Event {
  fileprivate init(_ event: LineEditor.Event) {
    switch event {
    case .line(let bytes): self = .line(bytes)
    case .end: self = .end
    case .interrupted: self = .interrupted
    case .completion(let line, let cursor, let columns):
      self = .completion(line: line, cursor: cursor, columns: columns)
    }
  }
}
