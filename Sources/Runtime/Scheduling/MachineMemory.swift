/// The machine's memory in bytes, as /proc/meminfo tells of it (proc_meminfo(5)); nil where it does not.
struct MachineMemory: Sendable, Hashable {
  private(set) var total: Int?
  private(set) var available: Int?

  /// Reads the file's text.
  init(_ text: String) {
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard fields.count > 1, let kilobytes = Int(fields[1]) else { continue }
      if fields[0] == "MemTotal:" { total = kilobytes * 1024 }
      if fields[0] == "MemAvailable:" { available = kilobytes * 1024 }
    }
  }
}
