import Jobs

#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// What a job's record says of its task.
extension TaskSpec {
  var kind: JobKind {
    switch work {
    case .shell, .arguments: .command
    case .function: .function
    case .prompt: .model
    }
  }

  /// The folder that it runs in, as an absolute path: as things are now, whatever the script changes later. Nil if the
  /// folder of this process has no path any more.
  var folder: String? {
    if let cwd, cwd.hasPrefix("/") { return cwd }
    guard let pointer = getcwd(nil, 0) else { return cwd }
    defer { free(pointer) }
    let here = String(cString: pointer)
    return cwd.map { here == "/" ? "/\($0)" : "\(here)/\($0)" } ?? here
  }

  /// The command as people would write it, or the prompt's beginning, without secrets; at most 1,000 characters.
  func shownWork(_ redaction: Redaction) -> String? {
    // What is cut or quoted first might not be recognised any more.
    switch work {
    case .shell(let line): String(redaction.text(line).prefix(1_000))
    case .arguments(let words):
      String(words.map { TaskSpec.quoted(redaction.text($0)) }.joined(separator: " ").prefix(1_000))
    case .function: nil
    case .prompt(let text): String(redaction.text(text).prefix(200))
    }
  }

  /// What a made-up id is made of.
  func slugSource(_ redaction: Redaction) -> String {
    if let text = name ?? description { return redaction.text(text) }
    switch work {
    case .shell(let line): return redaction.text(line).split(separator: " ").first.map { String($0) } ?? "job"
    case .arguments(let words):
      return words.first.map { redaction.text($0) }?.split(separator: "/").last.map { String($0) } ?? "job"
    case .function: return "fn"
    case .prompt: return agent ?? "prompt"
    }
  }

  private static func quoted(_ word: String) -> String {
    let isPlain =
      !word.isEmpty
      && word.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "-_./:=@%+,".utf8.contains(byte)
        }
      }
    return isPlain
      ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
  }
}
