internal import Jobs
internal import Synchronization

/// What a run knows of secrets: those of this process's environment, and those that its jobs were given.
///
/// The environment is looked at when first something is to be written down, and not before.
final class RunSecrets: Sendable {
  private let known = Mutex<Redaction?>(nil)

  /// What takes them out of a text.
  var redaction: Redaction { knowing([:]) }

  /// From now on the values of these variables are secrets too: what a configuration lists.
  func list(_ names: [String]) {
    guard !names.isEmpty else { return }
    known.withLock { known in known = (known ?? .ofThisProcess()).listing(names) }
  }

  /// The same, with the secrets among a job's own variables from now on.
  func knowing(_ variables: [String: String?]) -> Redaction {
    known.withLock { known in
      let before = known ?? .ofThisProcess()
      let given = variables.compactMap { name, value in value.map { (name: name, value: $0) } }
      let after = given.isEmpty ? before : before.knowing(given)
      known = after
      return after
    }
  }
}

extension RunPresentation {
  /// The same, with lines that hold no secrets. Records hold none already.
  func redacted(by secrets: RunSecrets) -> RunPresentation {
    var presentation = self
    presentation.say = { [say] in say(secrets.redaction.text($0)) }
    presentation.noted = { [noted] in noted($0.redacted(by: secrets.redaction)) }
    return presentation
  }
}

extension RunNote {
  func redacted(by redaction: Redaction) -> RunNote {
    switch self {
    case .phase(let name): .phase(redaction.text(name))
    // These hold none: they are as the registry has them.
    case .todo, .asked, .settled: self
    }
  }
}

extension FunctionOutcome {
  /// What a function came to, as it may be written down.
  func redacted(by redaction: Redaction) -> FunctionOutcome {
    if redaction.isEmpty { return self }
    switch self {
    // The value is for the record, which takes care of itself.
    case .returned(let output, let data): return .returned(output: redaction.bytes(output), data: data)
    case .raised(let message, let traceback):
      return .raised(message: redaction.text(message), traceback: redaction.text(traceback))
    case .cancelled, .decided: return self
    }
  }
}
