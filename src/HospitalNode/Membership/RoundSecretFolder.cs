using DigitalTwin.Federation.Participation;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.HospitalNode.Membership;

/// <summary>
/// Secrets that an open round or study still needs after a restart: one file each, readable by its owner only.
/// </summary>
/// <remarks>
/// A deleted or replaced secret is overwritten. That wipes it on a plain disk; a file system that copies on write, a
/// flash drive or a snapshot may keep it, so the folder belongs on an encrypted disk and out of backups.
/// </remarks>
internal static class RoundSecretFolder
{
    /// <summary>The secrets in <paramref name="folder"/>, which is made when the first one is kept.</summary>
    /// <remarks>One process uses a folder at a time: what a crash left half written is wiped here.</remarks>
    public static SecretStore Open(string folder)
    {
        WipeLeftovers(folder);
        return new SecretStore(
            name => DurableFile.Exists(PathOf(folder, name)) ? File.ReadAllBytes(PathOf(folder, name)) : null,
            (name, secret) => Put(folder, PathOf(folder, name), secret),
            name => Delete(PathOf(folder, name)));
    }

    // A process that was killed while it wrote leaves a copy of the secret under a name that nobody asks for again.
    private static void WipeLeftovers(string folder)
    {
        foreach (string leftover in Directory.Exists(folder)
            ? Directory.GetFiles(folder, "*" + DurableFile.LeftoverEnding)
            : [])
        {
            Delete(leftover);
        }
    }

    private static void Put(string folder, string path, byte[] secret)
    {
        DurableFile.CreateFolder(folder);

        // The new file takes the name of the old one, whose bytes stay on the disk unless they are wiped by a handle.
        using FileStream? old = File.Exists(path) ? OpenToWipe(path) : null;
        DurableFile.WriteAtomically(path, secret, ownerOnly: true);
        if (old is not null)
        {
            Wipe(old);
        }
    }

    // Names are made of study, round and attempt; none can lead out of the folder.
    private static string PathOf(string folder, string name) => name.All(IsPlain)
        ? Path.Combine(folder, name)
        : throw new ArgumentException($"\"{name}\" is no name of a secret.", nameof(name));

    private static bool IsPlain(char letter) => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter)
        || letter is '-' or '.';

    private static void Delete(string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        using (FileStream file = OpenToWipe(path))
        {
            Wipe(file);
        }

        File.Delete(path);
    }

    // Whoever has the file open, a backup for one, must not keep a secret from being wiped.
    private static FileStream OpenToWipe(string path) =>
        new(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    private static void Wipe(FileStream file)
    {
        file.Write(new byte[file.Length]);
        DurableFile.Sync(file.SafeFileHandle);
    }
}
