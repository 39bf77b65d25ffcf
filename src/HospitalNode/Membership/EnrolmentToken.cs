using System.Buffers.Text;

namespace DigitalTwin.HospitalNode.Membership;

/// <summary>
/// An enrolment token as the operator hands it over: a secret, and the pin of the coordinator's TLS key.
/// </summary>
public sealed record EnrolmentToken(byte[] Secret, string CoordinatorPin)
{
    private const string Prefix = "dt1";
    private const int SecretBytes = 32;
    private const int PinBytes = 32;

    /// <exception cref="NodeException">The text is no token.</exception>
    public static EnrolmentToken Parse(string text)
    {
        string[] parts = text.Trim().Split('.');
        try
        {
            if (parts is [Prefix, string secret, string pin]
                && Base64Url.DecodeFromChars(secret) is { Length: SecretBytes } secretBytes
                && Base64Url.DecodeFromChars(pin) is { Length: PinBytes } pinBytes)
            {
                return new EnrolmentToken(secretBytes, Convert.ToHexStringLower(pinBytes));
            }
        }
        catch (FormatException)
        {
            // Falls through to the one sentence for every malformed token.
        }

        throw new NodeException("This is no enrolment token: it should look like dt1.<43 characters>.<43 characters>.");
    }
}
