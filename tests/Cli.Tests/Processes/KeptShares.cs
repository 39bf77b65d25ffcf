using System.Text;
using DigitalTwin.Federation.Rounds;

namespace DigitalTwin.Cli.Tests.Processes;

/// <summary>The shares of others' secrets in a file of <c>round-secrets</c>, taken while its round was open.</summary>
/// <remarks>
/// Read by their place: a dealer's name, the byte 1, then its two shares of 32 bytes, that of its own mask's seed and
/// that of its mask key (<c>HeldShares.Export</c>).
/// </remarks>
internal sealed record KeptShares(string Holder, byte[] File)
{
    private const int ShareBytes = 32;

    public static KeptShares Read(ProcessConsortium consortium, StudyState study, int round, string holder)
    {
        string suffix = $"shares.{study.Name}.{round}.{study.Rounds.Last(one => one.Number == round).Attempt}";
        return new KeptShares(
            holder, System.IO.File.ReadAllBytes(Path.Combine(consortium.FolderOf(holder).RoundSecrets, suffix)));
    }

    /// <summary>Both shares of one dealer's secrets.</summary>
    public (byte[] Seed, byte[] Key) Of(string dealer)
    {
        byte[] name = Encoding.UTF8.GetBytes(dealer);
        byte[] place = [.. BitConverter.GetBytes(name.Length), .. name, 1];
        int at = File.AsSpan().LastIndexOf(place);
        Assert.True(at >= 0, $"{Holder} keeps no shares of {dealer}");
        int start = at + place.Length;
        return (File[start..(start + ShareBytes)], File[(start + ShareBytes)..(start + (2 * ShareBytes))]);
    }
}
