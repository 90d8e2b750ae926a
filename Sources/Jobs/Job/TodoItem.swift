import FoundationEssentials
import WireText

/// One entry of what a run says there is to do.
public struct TodoItem: Codable, Sendable, Hashable {
  /// Where an entry stands. The raw values are the words that scripts and files show.
  public enum Status: String, Codable, Sendable, CaseIterable, Hashable {
    case pending, completed
    case inProgress = "in_progress"
  }

  /// What is to do: "Write tests".
  public let content: String
  /// Where it stands.
  public let status: Status
  /// The same while it is being done: "Writing tests".
  public let activeForm: String

  /// An entry.
  public init(content: String, status: Status, activeForm: String) {
    self.content = content
    self.status = status
    self.activeForm = activeForm
  }

  static func write(_ items: [TodoItem], to writer: inout JSONWriter) {
    writer.array { writer in
      for item in items {
        writer.object { writer in
          writer.field("content", item.content)
          writer.field("status", item.status.rawValue)
          writer.field("activeForm", item.activeForm)
        }
      }
    }
  }

  /// A list as one line of JSON.
  static func json(_ items: [TodoItem]) -> String {
    var writer = JSONWriter(isPretty: false)
    write(items, to: &writer)
    return String(decoding: writer.bytes, as: UTF8.self)
  }

  /// What `json` wrote; empty for what cannot be read.
  static func list(fromJSON text: String) -> [TodoItem] {
    (try? JSONDecoder().decode([TodoItem].self, from: Data(text.utf8))) ?? []
  }
}
