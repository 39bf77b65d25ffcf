using System.Globalization;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Cli.Hammering;

/// <summary>The process that the hammer kills: appends, signs, says on standard output what is durable.</summary>
/// <remarks>
/// A line is <c>entry INDEX HASH</c> once an entry is on disk and <c>head BASE64</c> once a head is signed: what the
/// parent read must be true whatever happens next.
/// </remarks>
internal static class HammerWriter
{
    public const string Origin = "digitaltwin.dev/hammer";

    private const int ShortestLeaf = 40;
    private const int LongestLeaf = 2000;

    public static async Task RunAsync(string folder, int writers, ulong seed, CancellationToken stop)
    {
        using Ed25519Key key = Ed25519Key.Load(Hammer.KeyPath(folder));
        using LogKeeper keeper = LogKeeper.Open(Hammer.LogFolder(folder), Origin, key, TimeProvider.System);
        Lock output = new();
        await using GroupCommit commit = new(keeper, TimeProvider.System, () =>
            Say(output, $"head {Convert.ToBase64String(keeper.SignHead().ToBytes())}"));
        Task[] work = [.. Enumerable.Range(0, writers).Select(writer => Task.Run(async () =>
        {
            PhiloxStream random = new(seed, (ulong)writer);
            while (!stop.IsCancellationRequested)
            {
                byte[] leaf = new byte[ShortestLeaf + random.NextBelow(LongestLeaf - ShortestLeaf)];
                foreach (ref byte one in leaf.AsSpan())
                {
                    one = (byte)random.NextBelow(256);
                }

                long index = await commit.AppendAsync(leaf);
                Say(output, string.Create(CultureInfo.InvariantCulture, $"entry {index} {Rfc6962.Leaf(leaf)}"));
            }
        }, CancellationToken.None))];
        await Task.WhenAll(work);
    }

    private static void Say(Lock output, string line)
    {
        lock (output)
        {
            Console.Out.WriteLine(line);
        }
    }
}
