using System.Security.Cryptography;
using System.Text.Json;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Interop.Tests.SecureAggregation;

// Goal: shares that an independent implementation deals combine here, and ours there. Method: fresh secrets in both
// directions with PyCryptodome in a process of its own, at the sizes of real cohorts.
public sealed class PyCryptodomeSharingTests
{
    // Debian's interpreter by its path: another Python in the search path would not see Debian's packages.
    private const string Interpreter = "/usr/bin/python3";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    [Theory]
    [InlineData(2, 3)]
    [InlineData(11, 16)]
    [InlineData(86, 128)]
    public async Task Shares_combine_in_both_directions(int threshold, int count)
    {
        CancellationToken cancellationToken = TestContext.Current.CancellationToken;
        await SkipUnlessInstalledAsync(cancellationToken);
        byte[] ours = RandomNumberGenerator.GetBytes(Shamir.SecretSize);
        byte[] theirs = RandomNumberGenerator.GetBytes(Shamir.SecretSize);
        byte[] dealt = Shamir.Split(ours, threshold, count);

        // The last threshold of shares: none of them has a trivial index.
        int[] indices = [.. Enumerable.Range(count - threshold + 1, threshold)];
        JsonElement answer = await AskAsync(
            new
            {
                threshold,
                count,
                secret = Convert.ToHexString(theirs),
                shares = indices.Select(index => new object[] { index, Convert.ToHexString(ShareAt(dealt, index)) }),
            },
            cancellationToken);
        byte[] given =
        [
            .. indices.SelectMany(index => Convert.FromHexString(answer.GetProperty("shares")[index - 1].GetString()!)),
        ];

        Assert.Equal(ours, Convert.FromHexString(answer.GetProperty("combined").GetString()!));
        Assert.Equal(theirs, Shamir.Combine(indices, given));
    }

    private static byte[] ShareAt(byte[] dealt, int index) =>
        dealt[((index - 1) * Shamir.SecretSize)..(index * Shamir.SecretSize)];

    private static async Task SkipUnlessInstalledAsync(CancellationToken cancellationToken)
    {
        bool installed = File.Exists(Interpreter)
            && (await ForeignProgram.RunAsync(Interpreter, ["-c", "import Cryptodome"], "", Limit, cancellationToken))
                .ExitCode == 0;
        Assert.SkipUnless(installed, $"needs {Interpreter} with the Debian package python3-pycryptodome");
    }

    private static async Task<JsonElement> AskAsync(object request, CancellationToken cancellationToken)
    {
        string script = Path.Combine(AppContext.BaseDirectory, "SecureAggregation", "sharing_peer.py");
        (int exitCode, string output, string errors) = await ForeignProgram.RunAsync(
            Interpreter, [script], JsonSerializer.Serialize(request), Limit, cancellationToken);
        Assert.True(exitCode == 0, $"The Python peer ended with {exitCode}: {errors}");
        return JsonElement.Parse(output);
    }
}
