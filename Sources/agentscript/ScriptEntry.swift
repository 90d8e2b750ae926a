import Runtime

/// Where both ways of starting a script meet.
enum ScriptEntry {
  /// Runs a script to its end, and gives the exit code of the process.
  static func run(_ invocation: ScriptInvocation) -> Int32 {
    // With steps before it the file may come into being only by them, and the host looks for it when it is due.
    if case .file(let path) = invocation.main, invocation.steps.isEmpty, let problem = ScriptFile.problem(path) {
      StandardStream.error.talk("agentscript: \(problem)\n")
      return ExitStatus.usage.rawValue
    }
    return ExitStatus.ok.rawValue
  }
}
