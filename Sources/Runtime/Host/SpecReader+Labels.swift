internal import LuaBindings

/// What a task is filed under, beside its name.
struct TaskMarks {
  var labels: [String: String] = [:]
  var phase: String?
  var topic: String?

  /// Reads `labels`, `phase` and `topic`.
  static func read(_ options: inout OptionReader) throws(HostFailure) -> TaskMarks {
    var marks = TaskMarks()
    if let (name, value) = try options.take("labels") { marks.labels = try labels(value, name, options) }
    marks.phase = try word("phase", &options)
    marks.topic = try word("topic", &options)
    return marks
  }

  static func labels(
    _ value: LuaValue, _ name: String, _ options: OptionReader
  ) throws(HostFailure) -> [String: String] {
    guard case .table(let table) = value, table.array.isEmpty else {
      throw options.failure(name, value, "a table of names and strings")
    }
    var labels: [String: String] = [:]
    for pair in table.pairs {
      guard case .string = pair.key, let label = pair.key.exactText, !label.isEmpty else {
        throw .misuse("\(options.subject): \(name) has a name that is none: \(OptionReader.show(pair.key))")
      }
      switch pair.value {
      case .string, .integer, .number, .boolean:
        if let text = LuaValue.string(LuaText.describe(pair.value)).exactText {
          labels[label] = text
          continue
        }
      default: break
      }
      throw .misuse(
        "\(options.subject): \(name).\(label) must be a string, a number or a boolean, not \(OptionReader.show(pair.value))"
      )
    }
    return labels
  }

  private static func word(_ name: String, _ options: inout OptionReader) throws(HostFailure) -> String? {
    guard let text = try options.text(name) else { return nil }
    if text.isEmpty { throw options.failure(name, .text(text), "a name") }
    return text
  }

  /// What a task is filed under that says nothing itself where `defaults` do; labels one by one.
  func over(_ defaults: TaskMarks) -> TaskMarks {
    var marks = self
    marks.labels.merge(defaults.labels) { own, _ in own }
    marks.phase = phase ?? defaults.phase
    marks.topic = topic ?? defaults.topic
    return marks
  }
}

extension TaskSpec {
  var marks: TaskMarks {
    get { TaskMarks(labels: labels, phase: phase, topic: topic) }
    set { (labels, phase, topic) = (newValue.labels, newValue.phase, newValue.topic) }
  }
}
