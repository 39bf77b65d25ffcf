namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>Bytes of another party, or a request of one, do not fit the encryption that was agreed on.</summary>
public sealed class CiphertextException(string message) : Exception(message);
