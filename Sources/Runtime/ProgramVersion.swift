/// The version of this program.
public enum ProgramVersion {
  /// As it is shown: three numbers.
  public static let text = "0.1.0"
}
