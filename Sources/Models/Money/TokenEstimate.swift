/// How many tokens a request has at most, before anybody counted them.
///
/// The common tokenizers make one token of three to four bytes of English or code, and seldom less than two bytes of anything
/// else; two and a half are assumed, so that a reservation is rarely too small. Counting exactly would take a call of its own.
public enum TokenEstimate {
  /// Tokens of a request's body of so many bytes.
  public static func tokens(bytes: Int) -> Int { (max(bytes, 0) * 2 + 4) / 5 + 16 }
}
