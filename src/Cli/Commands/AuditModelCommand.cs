using System.CommandLine;
using DigitalTwin.Ledger.Exports.ModelSigning;

namespace DigitalTwin.Cli.Commands;

/// <summary><c>dtwin audit model</c>: the signature over a model's files, from whatever tool it comes.</summary>
internal static class AuditModelCommand
{
    public static Command Create()
    {
        Argument<string> folder = new("model") { Description = "Folder of the model." };
        Option<string> signature = Required("--signature", "OpenSSF Model Signing bundle.");
        Option<string> key = Required("--public-key", "PEM of the key that should have signed, as you learnt it.");
        Command command = new("model", "Verify an OpenSSF Model Signing v1.0 signature over every file of a model.")
        {
            folder, signature, key,
        };
        command.Run((parsed, _) =>
        {
            string root = parsed.GetRequiredValue(folder);
            string bundle = parsed.GetRequiredValue(signature);
            string inside = Path.GetRelativePath(root, bundle).Replace(Path.DirectorySeparatorChar, '/');
            try
            {
                ModelManifest manifest = ModelSignature.Verify(
                    File.ReadAllBytes(bundle), root, inside.StartsWith("../", StringComparison.Ordinal) ? null : inside,
                    File.ReadAllText(parsed.GetRequiredValue(key)));
                foreach (ModelResource file in manifest.Resources)
                {
                    Console.WriteLine($"{file.Sha256}  {file.Name}");
                }

                Console.WriteLine($"VERIFIED, root digest {manifest.RootDigest}");
                return Task.FromResult(ExitCodes.Complete);
            }
            catch (ModelSignatureException problem)
            {
                throw new CommandException(ExitCodes.NotVerified, problem.Message);
            }
        });
        return command;
    }

    private static Option<string> Required(string name, string description) => new(name)
    {
        Description = description,
        HelpName = "FILE",
        Required = true,
    };
}
