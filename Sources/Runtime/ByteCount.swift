/// Numbers of bytes as people write and read them.
public enum ByteCount {
  /// Reads `500M`, `2GiB`, `1.5g`, `1000`: bytes, in powers of 1024. Nil for anything else, and for more than fits.
  public static func parse(_ text: String) -> Int? {
    let digits = text.utf8.prefix { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
    guard let first = digits.first, first != UInt8(ascii: "."), digits.last != UInt8(ascii: "."),
      let number = Double(String(Substring(digits)))
    else { return nil }
    let factor: Double
    switch String(Substring(text.utf8.dropFirst(digits.count))).lowercased() {
    case "", "b": factor = 1
    case "k", "kb", "kib": factor = 1024
    case "m", "mb", "mib": factor = 1_048_576
    case "g", "gb", "gib": factor = 1_073_741_824
    case "t", "tb", "tib": factor = 1_099_511_627_776
    default: return nil
    }
    let bytes = number * factor
    return bytes < 9e18 ? Int(bytes.rounded()) : nil
  }

  /// `12 bytes`, `1.5 KiB`, `64 MiB`.
  public static func text(_ count: Int) -> String {
    for (unit, name) in [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")] where count >= unit {
      if count.isMultiple(of: unit) { return "\(count / unit) \(name)" }
      let tenths = Int((Double(count) / Double(unit) * 10).rounded())
      return "\(tenths / 10).\(tenths % 10) \(name)"
    }
    return "\(count) bytes"
  }
}
