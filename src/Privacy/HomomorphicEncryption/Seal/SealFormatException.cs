namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>
/// Foreign bytes, or values given for an object of Microsoft SEAL, are not such an object or do not fit the parameters.
/// </summary>
public sealed class SealFormatException(string message, Exception? innerException = null)
    : Exception(message, innerException);
