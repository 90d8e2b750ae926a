import FoundationEssentials
import Testing

@testable import Jobs

/// What `strace -f -y` wrote of a program: its system calls, with the places in the file where each began and ended.
struct SystemCallTrace {
  struct Call {
    let name: Substring
    /// The line from the name on; of a call that others interrupted, both parts of it.
    var text: String
    let began: Int
    var ended: Int
  }

  static let calls =
    "openat,fdatasync,fsync,rename,renameat,renameat2,pwrite64,write,writev,sendto,unlink,unlinkat,ftruncate"
  static let words = ["-f", "-y", "-qq", "-s", "8192", "-e", "signal=none", "-e", "trace=\(calls)"]

  let calls: [Call]

  init(contentsOf path: String) throws {
    var calls: [Call] = []
    /// The call of each thread that has begun and not ended.
    var open: [Substring: Int] = [:]
    let text = String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    for (number, line) in text.split(separator: "\n").enumerated() {
      let thread = line.prefix { $0.isNumber }
      let rest = line.dropFirst(thread.count).drop { $0 == " " }
      if rest.hasPrefix("<... "), let end = rest.firstIndex(of: ">") {
        guard let index = open.removeValue(forKey: thread) else { continue }
        calls[index].text += rest[rest.index(after: end)...]
        calls[index].ended = number
      } else if let parenthesis = rest.firstIndex(of: "(") {
        let isUnfinished = rest.hasSuffix(" <unfinished ...>")
        if isUnfinished { open[thread] = calls.count }
        calls.append(
          Call(
            name: rest[..<parenthesis], text: String(isUnfinished ? rest.dropLast(17) : rest), began: number,
            ended: isUnfinished ? Int.max : number))
      }
    }
    self.calls = calls
  }

  /// The first call of that name (or one of a family, as `rename`) behind a place that speaks of something.
  func first(_ name: String, after place: Int = -1, where condition: (String) -> Bool) -> Call? {
    calls.first { $0.began > place && $0.name.hasPrefix(name) && condition($0.text) }
  }
}

extension SystemCallTrace {
  /// Checks the way of one job's end: its files are on the disk, then get their names, then the folder is on the disk, then
  /// the registry has the end, on the disk too, and only then somebody is told, by a line on standard output or errors.
  ///
  /// Returns what was not so; nothing if all was.
  func faults(inEndOf id: String, run: String, told words: [String], hasLog: Bool) -> [String] {
    var faults: [String] = []
    var lastName = -1
    for ending in ["json", "md"] {
      guard let naming = first("rename", where: { $0.contains("\"\(id).\(ending)\"") && $0.hasSuffix(" = 0") }) else {
        return ["\(id).\(ending) never got its name"]
      }
      lastName = max(lastName, naming.ended)
      let temporary = naming.text.split(separator: "\"", maxSplits: 2).dropFirst().first ?? ""
      for file in ["/\(temporary)>"] + (hasLog ? ["/\(id).log>"] : []) {
        let isDurable = calls.contains { call in
          call.name == "fdatasync" && call.text.contains(file) && call.text.hasSuffix(" = 0")
            && call.ended < naming.began
        }
        if !isDurable { faults.append("\(file) was not on the disk when \(id).\(ending) got its name") }
        let isWrittenLater = calls.contains { call in
          call.name.hasPrefix("write") && call.text.contains(file) && call.began > naming.began
        }
        if isWrittenLater { faults.append("\(file) was written to after that") }
      }
    }
    guard let folder = first("fsync", after: lastName, where: { $0.contains("/jobs>") }) else {
      return faults + ["the folder of \(id) was not made durable"]
    }
    guard let commit = first("pwrite64", where: { SystemCallTrace.isEnd(of: id, run: run, in: $0) }) else {
      return faults + ["no end of \(id) went into the registry"]
    }
    if commit.began < folder.ended { faults.append("the end of \(id) was written before its files were safe") }
    guard let durable = first("fdatasync", after: commit.ended, where: { $0.contains("/registry.db-wal>") }) else {
      return faults + ["the end of \(id) was not made durable"]
    }
    let told = first("write") { text in
      let isForPeople = text.hasPrefix("write(1<") || text.hasPrefix("write(2<")
      return isForPeople && words.contains { word in ["\\n", " ", ":"].contains { text.contains(word + id + $0) } }
    }
    guard let told else {
      return faults + ["nobody was told of the end of \(id)"]
    }
    if told.began < durable.ended { faults.append("the end of \(id) was told before it was durable") }
    return faults
  }

  /// Whether a page of the registry's log holds the event of the job's end: the texts of a row lie side by side, with a
  /// number of a few bytes between.
  private static func isEnd(of id: String, run: String, in text: String) -> Bool {
    guard text.contains("/registry.db-wal>") else { return false }
    var rest = text[...]
    while let range = rest.firstRange(of: id + run) {
      rest = rest[range.upperBound...]
      let row = rest.prefix(60)
      if let kind = row.firstRange(of: "status") {
        let status = row[kind.upperBound...]
        if JobStatus.allCases.contains(where: { $0.isTerminal && status.hasPrefix($0.rawValue) }) { return true }
      }
    }
    return false
  }
}
