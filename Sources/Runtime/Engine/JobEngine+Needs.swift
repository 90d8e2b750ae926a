import Jobs

// Results of other tasks in the texts of a task's work.
extension JobEngine {
  /// What a job runs, with the results that it names, and the variables by which a shell gets them.
  ///
  /// In a line for the shell a result stands as a variable in double quotes: whatever it holds, it is one word, and none of
  /// it is a command.
  func filledWork(of job: LiveJob) -> (work: TaskSpec.Work, variables: [String: String?]) {
    guard job.spec.templates.contains(where: { $0 != nil }), let place = job.membership else {
      return (job.spec.work, [:])
    }
    let records = look { $0.groups[place.group]?.needs(of: place.index, given: job.given) ?? [:] }
    var variables: [String: String?] = [:]
    let texts = job.spec.work.texts
    let filled = zip(texts, job.spec.templates).map { text, template -> String in
      guard let template else { return text }
      return template.filled { reference in
        let value = records[reference.task].map { NeedsValue.text(of: reference, in: $0) } ?? ""
        guard case .shell = job.spec.work else { return value }
        let name = "AGENTSCRIPT_NEEDS_\(variables.count + 1)"
        variables[name] = .some(value)
        return "\"$\(name)\""
      }
    }
    return (job.spec.work.with(filled), variables)
  }
}

/// What a reference to a result stands for.
enum NeedsValue {
  /// The text: of an output without the line ends at its end, as in a shell's `$(…)`; without zero bytes, which neither
  /// variables nor arguments can hold.
  static func text(of reference: NeedsTemplate.Reference, in record: JobRecord) -> String {
    switch reference.field {
    case "output": plain((try? OutputReader.excerpt(of: record)) ?? [])
    case "data": plain(Array(LuaJSON.part(reference.path, of: record.data?.text ?? "null").utf8))
    case "status": record.status.rawValue
    case "reason": record.reason?.rawValue ?? ""
    case "exit_code": record.exitCode.map(String.init) ?? ""
    case "error": record.error ?? ""
    case "output_file": record.outputFile ?? ""
    case "duration_ms": record.durationMs.map(String.init) ?? ""
    default: String(record.isSuccess)
    }
  }

  private static func plain(_ bytes: [UInt8]) -> String {
    var bytes = bytes.filter { $0 != 0 }
    while let last = bytes.last, last == 0x0A || last == 0x0D { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension TaskSpec.Work {
  /// The texts in which templates may stand.
  var texts: [String] {
    switch self {
    case .shell(let text), .prompt(let text): [text]
    case .arguments(let words): words
    case .function: []
    }
  }

  fileprivate func with(_ texts: [String]) -> TaskSpec.Work {
    switch self {
    case .shell: .shell(texts[0])
    case .prompt: .prompt(texts[0])
    case .arguments: .arguments(texts)
    case .function: .function
    }
  }
}
