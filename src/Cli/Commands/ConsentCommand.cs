using System.CommandLine;
using DigitalTwin.HospitalNode.Consent;
using DigitalTwin.HospitalNode.Data;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Encoding;

namespace DigitalTwin.Cli.Commands;

/// <summary><c>dtwin node consent</c>: what a hospital's staff writes down about consents and withdrawals.</summary>
internal static class ConsentCommand
{
    public static Command Create() => new("consent", "Policies, consents and withdrawals of this hospital's patients.")
    {
        Policy(),
        Batch(),
        Withdraw(),
        Erase(),
        Status(),
    };

    private static Command Policy()
    {
        Option<string> state = SharedOptions.State("the node");
        Option<string> id = new("--id")
        {
            Description = "Name of the policy, [a-z0-9-].",
            HelpName = "POLICY",
            Required = true,
        };
        Option<string> text = new("--text")
        {
            Description = "File with the text that patients sign; every member can read it.",
            HelpName = "FILE",
            Required = true,
        };
        Option<string> basis = new("--basis")
        {
            Description = "Code of the legal basis, such as gdpr-9-2-a.",
            HelpName = "CODE",
            Required = true,
        };
        Command command = new("policy", "Name a text and a legal basis under which patients consent.")
        {
            state, id, text, basis,
        };
        command.Run((parsed, _) => AtDesk(parsed.GetRequiredValue(state), desk =>
        {
            ConsentPolicy policy = desk.Declare(
                CoordinatorCommand.Identifier(parsed.GetRequiredValue(id), "--id"),
                File.ReadAllBytes(parsed.GetRequiredValue(text)),
                Basis(parsed.GetRequiredValue(basis)));
            Console.WriteLine($"Policy {policy.Id}: text {policy.Text}. It is in force once it has a batch.");
        }));
        return command;
    }

    private static Command Batch()
    {
        Option<string> state = SharedOptions.State("the node");
        Option<string> policy = PolicyOption();
        NodeCommand.DataOptions data = new();
        Command command = new("batch", "Commit to the patients of the data, who consented under a policy.")
        {
            state, policy,
        };
        data.AddTo(command);
        command.Run((parsed, _) => AtDesk(parsed.GetRequiredValue(state), desk =>
        {
            MemberFolder folder = new(parsed.GetRequiredValue(state));
            ConsentBatch batch = desk.Batch(
                parsed.GetRequiredValue(policy), SiteDataLoader.Load(data.Read(parsed, folder)));
            Console.WriteLine($"Batch of {batch.CountBucket} consents under {batch.Policy}, root {batch.Root}.");
        }));
        return command;
    }

    private static Command Withdraw()
    {
        Option<string> state = SharedOptions.State("the node");
        Option<string> policy = PolicyOption();
        Option<string> row = new("--row")
        {
            Description = "The patient's identifier in the data, or file:line where the data has none.",
            HelpName = "ID",
            Required = true,
        };
        Command command = new("withdraw", "Take a patient's row out of use from now on.") { state, policy, row };
        command.Run((parsed, _) => AtDesk(parsed.GetRequiredValue(state), desk =>
        {
            WithdrawnConsent withdrawn = desk.Withdraw(parsed.GetRequiredValue(policy), parsed.GetRequiredValue(row));
            Console.WriteLine(
                $"Withdrawn under {withdrawn.Policy} from {PredicateReader.Format(withdrawn.EffectiveFrom)} on; "
                    + "the next round is joined without this row.");
        }));
        return command;
    }

    private static Command Erase()
    {
        Option<string> state = SharedOptions.State("the node");
        Option<string> policy = PolicyOption();
        Option<bool> yes = new("--yes") { Description = "Yes, delete the salt for good." };
        Command command = new("erase", "Delete a policy's salt: no token can be led back to a patient any more.")
        {
            state, policy, yes,
        };
        command.Run((parsed, _) =>
        {
            string id = parsed.GetRequiredValue(policy);
            if (!parsed.GetValue(yes))
            {
                throw new CommandException(
                    ExitCodes.Usage,
                    $"Erasing the salt of {id} cannot be undone, and nothing is trained on under {id} afterwards; "
                        + "say --yes to do it.");
            }

            return AtDesk(parsed.GetRequiredValue(state), desk =>
            {
                desk.Erase(id);
                Console.WriteLine($"Erased the salt of {id}. Delete it from backups as well.");
            });
        });
        return command;
    }

    private static Command Status()
    {
        Option<string> state = SharedOptions.State("the node");
        Command command = new("status", "Show policies, batches and how many patients withdrew.") { state };
        command.Run((parsed, _) =>
        {
            MemberFolder folder = new(parsed.GetRequiredValue(state));
            folder.Load();
            ConsentBook book = ConsentBook.Load(folder);
            if (book.Policies.Count == 0)
            {
                Console.WriteLine("No consent policy: every row of the data is offered to studies.");
            }

            foreach (ConsentPolicy policy in book.Policies)
            {
                string? consents = book.Batches.LastOrDefault(batch => batch.Policy == policy.Id)?.CountBucket;
                int withdrawn = book.Withdrawals.Count(one => one.Policy == policy.Id);
                string salt = policy.Erased ? "salt erased"
                    : File.Exists(ConsentBook.SaltOf(folder, policy.Id)) ? "salt kept"
                    : "SALT MISSING";
                Console.WriteLine(
                    $"{policy.Id} ({policy.Basis}): text {policy.Text}, "
                        + $"{(consents is null ? "no batch" : $"{consents} consents")}, "
                        + $"{withdrawn} withdrawn, {salt}");
            }

            return Task.FromResult(ExitCodes.Complete);
        });
        return command;
    }

    private static Task<int> AtDesk(string state, Action<ConsentDesk> action)
    {
        using ConsentDesk desk = ConsentDesk.Open(new MemberFolder(state), TimeProvider.System);
        action(desk);
        return Task.FromResult(ExitCodes.Complete);
    }

    // A record's text is one line in Unicode form C; what is not would be refused only by the running node.
    private static string Basis(string code) => PredicateReader.IsIdentifier(code)
        ? code
        : throw new CommandException(
            ExitCodes.Usage, $"--basis {code}: a code has lower-case letters, digits and hyphens, such as gdpr-9-2-a.");

    private static Option<string> PolicyOption() => new("--policy")
    {
        Description = "Name of the policy.",
        HelpName = "POLICY",
        Required = true,
    };
}
