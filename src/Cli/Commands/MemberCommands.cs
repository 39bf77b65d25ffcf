using System.CommandLine;
using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Cli.Commands;

/// <summary>
/// The part of <c>dtwin node</c> that is about the consortium: members, proposals, votes, keys, records.
/// </summary>
/// <remarks>
/// Each command leaves a record in the node's outbox; the running node signs and appends it. So the ledger's copy has
/// one writer, and the keys one user.
/// </remarks>
internal static class MemberCommands
{
    private static readonly TimeSpan LongestVote = TimeSpan.FromDays(365);

    public static IEnumerable<Command> Create() =>
        [Members(), Propose(), CastVote(), Keys(), RotateKeys(), WriteRecord()];

    /// <summary>Leaves a record in an outbox and says so.</summary>
    public static void Ask(string outbox, string record, JsonObject fields, Role role)
    {
        string path = new Outbox(outbox).Put(record, fields, role, TimeProvider.System);
        Console.WriteLine(
            $"Asked for {record}; the running process signs it within seconds. "
                + $"It moves {Path.GetFileName(path)} to outbox/done, or to outbox/refused with the reason.");
    }

    /// <summary>Reads the fields of a record from a JSON file.</summary>
    public static JsonObject FieldsIn(string file)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(file)) as JsonObject
                ?? throw new CommandException(ExitCodes.Usage, $"{file}: give one JSON object, the record's fields.");
        }
        catch (JsonException problem)
        {
            throw new CommandException(ExitCodes.Usage, $"{file} is not JSON: {problem.Message}");
        }
    }

    private static Command Members()
    {
        Option<string> state = SharedOptions.State("the member");
        Option<bool> json = SharedOptions.Json();
        Command command = new("members", "List members, their keys and the votes, as this member's ledger has them.")
        {
            state, json,
        };
        command.Run((parsed, _) =>
        {
            MemberFolder folder = new(parsed.GetRequiredValue(state));
            folder.Load();
            if (!File.Exists(Path.Combine(folder.AuthorizationLog, EntryLog.FileName)))
            {
                throw new CommandException(
                    ExitCodes.Environment, $"{folder.Root} has no copy of the ledger yet: run the node once.");
            }

            using EntryLog authorization = EntryLog.OpenRead(folder.AuthorizationLog);
            MemberRegistry registry = MemberRegistry.Replay(authorization);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(ToJson(registry).ToJsonString());
            }
            else
            {
                Print(registry);
            }

            return Task.FromResult(ExitCodes.Complete);
        });
        return command;
    }

    private static Command Propose()
    {
        Option<string> state = SharedOptions.State("the node");
        Argument<string> action = new("action")
        {
            Description = "admit, suspend, reinstate, remove, replace-keys or policy.",
        };
        action.AcceptOnlyFromAmong([.. Enum.GetValues<ProposalAction>().Select(Proposal.TextOf)]);
        Argument<string> subject = new("subject") { Description = "The member; for policy, the file with its text." };
        Option<string> reason = new("--reason") { Description = "Why, one line.", Required = true };
        Option<string?> role = new("--role") { Description = "Role of a member to admit." };
        Option<string?> identityKey = new("--identity-key")
        {
            Description = "Public identity key in hex, as dtwin node keys shows it; for admit and replace-keys.",
            HelpName = "HEX",
        };
        Option<string?> witnessKey = new("--witness-key") { Description = "New witness key; for replace-keys." };
        Option<string?> trusted = new("--last-trusted")
        {
            Description = "Sizes A,D of both logs up to which the lost key is trusted; for replace-keys.",
            HelpName = "A,D",
        };
        Option<int> days = new("--days")
        {
            Description = "How many days the vote is open.",
            DefaultValueFactory = _ => 14,
        };
        Command command = new("propose", "Put a change of the members to the vote of the hospitals.")
        {
            state, action, subject, reason, role, identityKey, witnessKey, trusted, days,
        };
        command.Run((parsed, _) =>
        {
            MemberFolder folder = new(parsed.GetRequiredValue(state));
            MemberIdentity identity = folder.Load();
            string what = parsed.GetRequiredValue(action);
            string whom = parsed.GetRequiredValue(subject);
            TimeSpan open = TimeSpan.FromDays(parsed.GetValue(days));
            if (open <= TimeSpan.Zero || open > LongestVote)
            {
                throw new CommandException(ExitCodes.Usage, $"--days {open.TotalDays:0}: give 1 to 365 days.");
            }

            string id = $"{what}-{RandomNumberGenerator.GetHexString(8, lowercase: true)}";
            JsonObject fields = new()
            {
                ["proposal"] = id,
                ["action"] = what,
                ["reason"] = parsed.GetRequiredValue(reason),
                ["expires"] = PredicateReader.Format(TimeProvider.System.GetUtcNow() + open),
            };
            if (what == Proposal.TextOf(ProposalAction.Policy))
            {
                fields["policy"] = BlobFolder.PutBeside(Path.Combine(folder.Ledger, "blobs"), File.ReadAllBytes(whom));
            }
            else
            {
                fields["member"] = CoordinatorCommand.Identifier(whom, "subject");
            }

            AddIfGiven(fields, "memberRole", parsed.GetValue(role));
            AddIfGiven(fields, "identityKey", parsed.GetValue(identityKey));
            AddIfGiven(fields, "witnessKey", parsed.GetValue(witnessKey));
            AddLastTrusted(fields, parsed.GetValue(trusted));
            Ask(folder.Outbox, RecordCatalogue.MemberProposed, fields, identity.Role);
            Console.WriteLine($"Proposal {id}: each hospital votes with dtwin node vote --state … {id} yes");
            return Task.FromResult(ExitCodes.Complete);
        });
        return command;
    }

    private static Command CastVote()
    {
        Option<string> state = SharedOptions.State("the node");
        Argument<string> proposal = new("proposal") { Description = "Its name, as dtwin node members lists it." };
        Argument<string> choice = new("choice") { Description = "yes or no." };
        choice.AcceptOnlyFromAmong("yes", "no");
        Command command = new("vote", "Vote on a proposal; a vote can't be taken back.")
        {
            state, proposal, choice,
        };
        command.Run((parsed, _) =>
        {
            MemberFolder folder = new(parsed.GetRequiredValue(state));
            JsonObject fields = new()
            {
                ["proposal"] = CoordinatorCommand.Identifier(parsed.GetRequiredValue(proposal), "proposal"),
                ["choice"] = parsed.GetRequiredValue(choice),
            };
            Ask(folder.Outbox, RecordCatalogue.Vote, fields, folder.Load().Role);
            return Task.FromResult(ExitCodes.Complete);
        });
        return command;
    }

    private static Command Keys()
    {
        Option<string> state = SharedOptions.State("the node");
        Option<string> member = new("--member") { Description = "Name of this member.", Required = true };
        Command command = new("keys", "Show this node's public keys, and make them where it has none yet.")
        {
            state, member,
        };
        command.Run((parsed, _) =>
        {
            string name = CoordinatorCommand.Identifier(parsed.GetRequiredValue(member), "--member");
            (byte[] identity, NoteVerifierKey witness) =
                EnrolmentClient.PublicKeys(new MemberFolder(parsed.GetRequiredValue(state)), name);
            Console.WriteLine($"identity key  {Convert.ToHexStringLower(identity)}");
            Console.WriteLine($"witness key   {witness}");
            return Task.FromResult(ExitCodes.Complete);
        });
        return command;
    }

    private static Command RotateKeys()
    {
        Option<string> state = SharedOptions.State("the node");
        Option<bool> prepare = new("--prepare")
        {
            Description = "Only make the new keys and show them, for the others to vote on: the old ones are lost.",
        };
        Command command = new("rotate-keys", "Replace the record and witness keys of this node by new ones.")
        {
            state, prepare,
        };
        command.Run((parsed, _) =>
        {
            MemberFolder folder = new(parsed.GetRequiredValue(state));
            Role role = folder.Load().Role;
            JsonObject fields = KeyChange.Prepare(folder);
            if (parsed.GetValue(prepare))
            {
                Console.WriteLine($"identity key  {fields["identityKey"]}");
                Console.WriteLine($"witness key   {fields["witnessKey"]}");
            }
            else
            {
                Ask(folder.Outbox, RecordCatalogue.KeyRotated, fields, role);
            }

            return Task.FromResult(ExitCodes.Complete);
        });
        return command;
    }

    private static Command WriteRecord()
    {
        Option<string> state = SharedOptions.State("the node");
        Argument<string> record = new("record") { Description = "Name of the record, such as incident." };
        record.AcceptOnlyFromAmong("incident", "access-granted", "admin-action");
        Argument<string> file = new("fields") { Description = "JSON file with the record's own fields." };
        Command command = new("record", "Have the running node write another record, such as an incident.")
        {
            state, record, file,
        };
        command.Run((parsed, _) =>
        {
            MemberFolder folder = new(parsed.GetRequiredValue(state));
            Ask(folder.Outbox, parsed.GetRequiredValue(record), FieldsIn(parsed.GetRequiredValue(file)),
                folder.Load().Role);
            return Task.FromResult(ExitCodes.Complete);
        });
        return command;
    }

    private static void AddIfGiven(JsonObject fields, string name, string? value)
    {
        if (value is not null)
        {
            fields[name] = value;
        }
    }

    private static void AddLastTrusted(JsonObject fields, string? text)
    {
        if (text is null)
        {
            return;
        }

        string[] sizes = text.Split(',');
        if (sizes.Length != 2
            || !long.TryParse(sizes[0], NumberStyles.None, CultureInfo.InvariantCulture, out long authorization)
            || !long.TryParse(sizes[1], NumberStyles.None, CultureInfo.InvariantCulture, out long data))
        {
            throw new CommandException(ExitCodes.Usage, $"--last-trusted {text}: give two sizes, such as 12,340.");
        }

        fields["lastTrusted"] = new JsonObject
        {
            ["authorization"] = authorization,
            ["data"] = data,
        };
    }

    private static void Print(MemberRegistry registry)
    {
        foreach (Member member in registry.Members())
        {
            Console.WriteLine(
                $"{member.Id,-24} {RoleNames.TextOf(member.Role),-12} {Word(member.Status),-10} "
                    + $"key {member.KeyId[..16]}");
        }

        foreach (Proposal proposal in registry.Proposals().OrderBy(proposal => proposal.Index))
        {
            int yes = proposal.Votes.Count(vote => vote.Value);
            string state = proposal.IsExecuted ? "carried out" : $"open until {proposal.Expires:yyyy-MM-dd}";
            Console.WriteLine(
                $"{proposal.Id}: {Proposal.TextOf(proposal.Action)} {proposal.Member ?? proposal.Policy}, {state}, "
                    + $"{yes} yes, {proposal.Votes.Count - yes} no, {proposal.Needed} of "
                    + $"{proposal.Electorate.Count} needed: {proposal.Reason}");
        }
    }

    private static JsonObject ToJson(MemberRegistry registry) => new()
    {
        ["founded"] = registry.IsFounded,
        ["members"] = new JsonArray([.. registry.Members().Select(member => (JsonNode)new JsonObject
        {
            ["id"] = member.Id,
            ["role"] = RoleNames.TextOf(member.Role),
            ["status"] = Word(member.Status),
            ["identityKey"] = Convert.ToHexStringLower(member.IdentityKey),
            ["witnessKey"] = member.WitnessKey?.ToString(),
            ["admittedAt"] = member.AdmittedAt,
        })]),
        ["proposals"] = new JsonArray([.. registry.Proposals().OrderBy(p => p.Index).Select(p =>
            (JsonNode)new JsonObject
        {
            ["proposal"] = p.Id,
            ["action"] = Proposal.TextOf(p.Action),
            ["member"] = p.Member,
            ["policy"] = p.Policy,
            ["needed"] = p.Needed,
            ["electorate"] = new JsonArray([.. p.Electorate.Select(id => (JsonNode)id)]),
            ["votes"] = new JsonObject(p.Votes.Select(vote => KeyValuePair.Create(vote.Key, (JsonNode?)vote.Value))),
            ["carriedOut"] = p.IsExecuted,
        })]),
    };

    private static string Word(MemberStatus status) => status.ToString().ToLowerInvariant();
}
