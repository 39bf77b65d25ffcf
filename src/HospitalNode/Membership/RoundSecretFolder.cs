using DigitalTwin.Federation.Participation;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.HospitalNode.Membership;

/// <summary>
/// Secrets that an open round or study still needs after a restart: one file each, readable by its owner only.
/// </summary>
/// <remarks>
/// A deleted secret is overwritten first. That wipes it on a plain disk; a file system that copies on write, a flash
/// drive or a snapshot may keep it, so the folder belongs on an encrypted disk and out of backups.
/// </remarks>
internal static class RoundSecretFolder
{
    /// <summary>The secrets in <paramref name="folder"/>, which is made when the first one is kept.</summary>
    public static SecretStore Open(string folder) => new(
        name => File.Exists(PathOf(folder, name)) ? File.ReadAllBytes(PathOf(folder, name)) : null,
        (name, secret) =>
        {
            DurableFile.CreateFolder(folder);
            DurableFile.WriteAtomically(PathOf(folder, name), secret, ownerOnly: true);
        },
        name => Delete(PathOf(folder, name)));

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

        using (FileStream file = new(path, FileMode.Open, FileAccess.Write, FileShare.None, bufferSize: 0))
        {
            file.Write(new byte[file.Length]);
            DurableFile.Sync(file.SafeFileHandle);
        }

        File.Delete(path);
    }
}
