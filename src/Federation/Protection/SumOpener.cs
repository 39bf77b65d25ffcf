using System.Security.Cryptography;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Privacy.HomomorphicEncryption;
using DigitalTwin.Privacy.Quantisation;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Federation.Protection;

/// <summary>Opens the sum of a round from its artefacts: what the coordinator does and everybody repeats.</summary>
/// <remarks>
/// It takes what hospitals gave to open the sum of the fixed survivors and nothing else, so it can open that sum and no
/// single addend.
/// </remarks>
internal static class SumOpener
{
    /// <summary>Digests of everything that <see cref="Open"/> and <see cref="SumKeys"/> read.</summary>
    public static IEnumerable<string> ArtefactsOf(
        StudyState study, RoundState round, IReadOnlyDictionary<string, string> openings)
    {
        IEnumerable<string> addends = round.Cohort.Select(site => round.Commitments[site]);
        IEnumerable<string> others = round switch
        {
            { Purpose: RoundPurpose.Keys } => [],
            { Protection: SumProtection.Masks } => round.Dealers.Select(site => round.Bundles[site].Sha256),
            _ => [study.KeyRound!.Outcome!.Sum],
        };
        return [.. addends, .. others, .. openings.Values];
    }

    /// <summary>The sum of the survivors' statistics, one value of Z/2^slotBits per slot.</summary>
    /// <param name="openings">Digest of what each hospital gave to open the sum.</param>
    /// <exception cref="SumOpeningException">An artefact is missing or wrong; the sentence names whose.</exception>
    public static ulong[] Open(
        StudyState study,
        RoundState round,
        IReadOnlyDictionary<string, string> openings,
        Func<string, byte[]?> artefact)
    {
        Dictionary<string, byte[]> addends = Read(
            "addend", round.Survivors.ToDictionary(site => site, site => round.Commitments[site]), artefact);
        Dictionary<string, byte[]> given = Read("opening", openings, artefact);
        try
        {
            return round.Protection == SumProtection.Masks
                ? Unmask(study, round, addends, given, artefact)
                : Decrypt(study, round, addends, given, artefact);
        }
        catch (UnmaskingException problem)
        {
            throw new SumOpeningException(problem.Message, problem.Sites, problem);
        }
        catch (Exception problem) when (problem is CohortException or CiphertextException or DecryptionException)
        {
            throw new SumOpeningException(problem.Message, innerException: problem);
        }
    }

    /// <summary>What is wrong with the form of an addend, whoever made it; null when it can be added.</summary>
    public static string? FaultOf(StudyState study, RoundState round, byte[] addend)
    {
        try
        {
            if (round.Purpose == RoundPurpose.Keys)
            {
                _ = CollectiveKey.Parse(
                    ThresholdSetting.Of(round).Parameters, RoundContexts.OfCeremony(study, round), addend);
            }
            else if (round.Protection == SumProtection.Masks)
            {
                _ = SlotCodec.Unpack(addend, round.Words, round.Terms.SlotBits);
            }
            else
            {
                _ = EncryptedVector.Parse(
                    ThresholdSetting.Of(study.KeyRound!).Parameters, addend, round.Words, round.Terms.SlotBits);
            }

            return null;
        }
        catch (Exception problem) when (problem is ArgumentException or CiphertextException)
        {
            return problem.Message;
        }
    }

    /// <summary>The collective key that the parties of a key ceremony made.</summary>
    /// <exception cref="SumOpeningException">A public share is missing or wrong.</exception>
    public static byte[] SumKeys(StudyState study, RoundState round, Func<string, byte[]?> artefact)
    {
        ThresholdSetting setting = ThresholdSetting.Of(round);
        Dictionary<string, byte[]> shares = Read("public key share", round.Commitments, artefact);
        try
        {
            return CollectiveKey
                .Sum(setting.Parameters, RoundContexts.OfCeremony(study, round), [.. shares.Values])
                .ToBytes();
        }
        catch (CiphertextException problem)
        {
            throw new SumOpeningException(problem.Message, innerException: problem);
        }
    }

    /// <summary>The encrypted sum of the survivors as it is decrypted: added up and re-randomised.</summary>
    /// <exception cref="SumOpeningException">An addend is no encryption under these parameters.</exception>
    /// <exception cref="CiphertextException">The key is none.</exception>
    public static EncryptedVector EncryptedSum(
        StudyState study, RoundState round, IReadOnlyDictionary<string, byte[]> addends, byte[] collectiveKey)
    {
        RoundState ceremony = study.KeyRound!;
        ThresholdParameters parameters = ThresholdSetting.Of(ceremony).Parameters;
        EncryptedVector? sum = null;
        foreach ((string site, byte[] addend) in addends)
        {
            try
            {
                if (sum is null)
                {
                    sum = EncryptedVector.Parse(parameters, addend, round.Words, round.Terms.SlotBits);
                }
                else
                {
                    sum.Add(addend);
                }
            }
            catch (CiphertextException problem)
            {
                throw new SumOpeningException(
                    $"The addend of {site} is no encryption: {problem.Message}", [site], problem);
            }
        }

        CollectiveKey key = CollectiveKey.Parse(
            parameters, RoundContexts.OfCeremony(study, ceremony), collectiveKey);
        return sum!.Rerandomised(key, RoundContexts.OfEncryptedSum(study, round));
    }

    private static ulong[] Unmask(
        StudyState study,
        RoundState round,
        Dictionary<string, byte[]> addends,
        Dictionary<string, byte[]> given,
        Func<string, byte[]?> artefact)
    {
        int slotBits = round.Terms.SlotBits;
        ulong[] sum = new ulong[round.Words];
        foreach ((string site, byte[] addend) in addends)
        {
            AddendSum.Add(sum, Slots(site, addend, round));
        }

        Dictionary<string, byte[]> bundles = Read(
            "share bundle", round.Dealers.ToDictionary(site => site, site => round.Bundles[site].Sha256), artefact);
        Unmasking.Remove(sum, slotBits, RoundContexts.OfMasks(study, round), bundles, round.Survivors, given);
        return sum;
    }

    private static ulong[] Slots(string site, byte[] addend, RoundState round)
    {
        try
        {
            return SlotCodec.Unpack(addend, round.Words, round.Terms.SlotBits);
        }
        catch (ArgumentException problem)
        {
            throw new SumOpeningException($"The addend of {site} is malformed: {problem.Message}", [site], problem);
        }
    }

    private static ulong[] Decrypt(
        StudyState study,
        RoundState round,
        Dictionary<string, byte[]> addends,
        Dictionary<string, byte[]> given,
        Func<string, byte[]?> artefact)
    {
        ThresholdSetting setting = ThresholdSetting.Of(study.KeyRound!);
        string keyDigest = study.KeyRound!.Outcome!.Sum;
        byte[] key = artefact(keyDigest)
            ?? throw new SumOpeningException($"The collective key {keyDigest} is missing.");
        return ThresholdDecryption.Combine(
            setting.Parameters,
            setting.Parties,
            EncryptedSum(study, round, addends, key),
            round.Decryptors,
            given,
            round.Words,
            round.Terms.SlotBits);
    }

    private static Dictionary<string, byte[]> Read(
        string what, IReadOnlyDictionary<string, string> digests, Func<string, byte[]?> artefact)
    {
        Dictionary<string, byte[]> read = new(StringComparer.Ordinal);
        foreach ((string site, string digest) in digests)
        {
            byte[] bytes = ReadOne(what, site, digest, artefact)
                ?? throw new SumOpeningException($"The {what} of {site}, {digest}, is missing.", [site]);
            string found = Convert.ToHexStringLower(SHA256.HashData(bytes));
            if (found != digest)
            {
                throw new SumOpeningException($"The {what} of {site} has the digest {found}, not {digest}.", [site]);
            }

            read.Add(site, bytes);
        }

        return read;
    }

    // A store may notice for itself that a file is not what it was: that too is one hospital's artefact.
    private static byte[]? ReadOne(string what, string site, string digest, Func<string, byte[]?> artefact)
    {
        try
        {
            return artefact(digest);
        }
        catch (IOException problem)
        {
            throw new SumOpeningException($"The {what} of {site} is altered: {problem.Message}", [site], problem);
        }
    }
}
