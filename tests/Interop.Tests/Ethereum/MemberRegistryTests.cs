using System.Numerics;
using System.Security.Cryptography;
using DigitalTwin.Ledger.Ethereum.Anchoring;
using DigitalTwin.Ledger.Ethereum.Encoding;
using DigitalTwin.Ledger.Ethereum.Transactions;

namespace DigitalTwin.Interop.Tests.Ethereum;

// Goal: members change by more than two thirds of the hospitals there were when it was proposed, and in no other way.
// Method: three hospitals on anvil vote, and each way around the rule is tried.
public sealed class MemberRegistryTests(EthereumPackages packages, SolidityCompiler compiler)
{
    private const string NotEligible = "NotEligible(address,uint256)";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_member_is_admitted_by_all_of_three_and_not_by_two()
    {
        await using AnchoredNetwork network = await StartAsync();
        RegistryUser[] hospitals = await FoundAsync(network);
        EthereumAddress newcomer = EthereumAddress.OfContract(network.Account, 77);

        await hospitals[0].SendAsync(RegistryUser.Propose(RegistryUser.Admit, newcomer, 1), Token);
        await hospitals[0].SendAsync(RegistryUser.Vote(2), Token);
        await hospitals[1].SendAsync(RegistryUser.Vote(2), Token);
        Assert.False(await IsActiveAsync(network, newcomer));
        Assert.True(await hospitals[1].IsRefusedAsync(
            RegistryUser.Vote(2), "AlreadyVoted(address,uint256)", Token));
        await hospitals[2].SendAsync(RegistryUser.Vote(2), Token);

        Assert.True(await IsActiveAsync(network, newcomer));
        Assert.True(await hospitals[0].IsRefusedAsync(RegistryUser.Vote(2), "ProposalExecuted(uint256)", Token));
    }

    [Fact]
    public async Task The_vote_of_a_member_that_is_removed_later_does_not_count()
    {
        await using AnchoredNetwork network = await StartAsync();
        RegistryUser[] hospitals = await FoundAsync(network, four: true);
        EthereumAddress newcomer = EthereumAddress.OfContract(network.Account, 77);
        await hospitals[0].SendAsync(RegistryUser.Propose(RegistryUser.Admit, newcomer, 1), Token);
        await hospitals[3].SendAsync(RegistryUser.Vote(3), Token);
        await hospitals[0].SendAsync(RegistryUser.Propose(RegistryUser.Remove, hospitals[3].Account), Token);
        foreach (RegistryUser hospital in hospitals[..3])
        {
            await hospital.SendAsync(RegistryUser.Vote(4), Token);
        }

        // Of four hospitals three must say yes; with the vote of the removed one it would be three already.
        await hospitals[0].SendAsync(RegistryUser.Vote(3), Token);
        await hospitals[1].SendAsync(RegistryUser.Vote(3), Token);
        Assert.False(await IsActiveAsync(network, newcomer));
        Assert.True(await hospitals[3].IsRefusedAsync(RegistryUser.Vote(3), NotEligible, Token));

        await hospitals[2].SendAsync(RegistryUser.Vote(3), Token);
        Assert.True(await IsActiveAsync(network, newcomer));
    }

    [Fact]
    public async Task A_member_that_is_admitted_later_has_no_vote_on_what_was_proposed_before()
    {
        await using AnchoredNetwork network = await StartAsync();
        RegistryUser[] hospitals = await FoundAsync(network);
        using EthereumKey late = EthereumKey.Generate();
        EthereumAddress other = EthereumAddress.OfContract(network.Account, 77);
        await hospitals[0].SendAsync(RegistryUser.Propose(RegistryUser.Admit, other, 1), Token);
        await hospitals[0].SendAsync(RegistryUser.Propose(RegistryUser.Admit, late.Address, 1), Token);
        foreach (RegistryUser hospital in hospitals)
        {
            await hospital.SendAsync(RegistryUser.Vote(3), Token);
        }

        Assert.True(await new RegistryUser(network, late).IsRefusedAsync(RegistryUser.Vote(2), NotEligible, Token));
    }

    [Fact]
    public async Task A_proposal_expires()
    {
        await using AnchoredNetwork network = await StartAsync();
        RegistryUser[] hospitals = await FoundAsync(network);
        EthereumAddress newcomer = EthereumAddress.OfContract(network.Account, 77);
        await hospitals[0].SendAsync(RegistryUser.Propose(RegistryUser.Admit, newcomer, 1), Token);

        await network.Node.DoAsync("evm_increaseTime", Token, (7 * 24 * 60 * 60) + 1);
        await network.Node.DoAsync("evm_mine", Token);

        Assert.True(await hospitals[0].IsRefusedAsync(RegistryUser.Vote(2), "ProposalExpired(uint256)", Token));
    }

    [Fact]
    public async Task The_deployer_the_anchor_and_strangers_decide_nothing_and_the_last_hospital_stays()
    {
        await using AnchoredNetwork network = await StartAsync();
        using EthereumKey stranger = EthereumKey.Generate();
        using EthereumKey anchor = EthereumKey.Load(network.Settings.KeyFile, null);
        byte[] proposal = RegistryUser.Propose(RegistryUser.Admit, stranger.Address, 1);
        foreach (EthereumKey key in new[] { stranger, anchor })
        {
            Assert.True(await new RegistryUser(network, key).IsRefusedAsync(proposal, "NotAHospital(address)", Token));
        }

        RegistryUser only = new(network, network.Hospital);
        await only.SendAsync(RegistryUser.Propose(RegistryUser.Remove, only.Account), Token);
        Assert.True(await only.IsRefusedAsync(RegistryUser.Vote(0), "LastHospital(address)", Token));
    }

    private async Task<AnchoredNetwork> StartAsync()
    {
        await packages.SkipUnlessInstalledAsync(Token);
        return await AnchoredNetwork.StartAsync(() => DevelopmentNode.StartAnvilAsync([], Token), compiler, Token);
    }

    // The founding hospital admits the others one after the other; each admission needs everybody's vote so far.
    private static async Task<RegistryUser[]> FoundAsync(AnchoredNetwork network, bool four = false)
    {
        List<RegistryUser> hospitals = [new(network, network.Hospital)];
        for (int id = 0; id < (four ? 3 : 2); id++)
        {
            EthereumKey key = EthereumKey.FromBytes(SHA256.HashData(BitConverter.GetBytes(id)));
            await hospitals[0].SendAsync(RegistryUser.Propose(RegistryUser.Admit, key.Address, 1), Token);
            foreach (RegistryUser hospital in hospitals)
            {
                await hospital.SendAsync(RegistryUser.Vote(id), Token);
            }

            hospitals.Add(new RegistryUser(network, key));
        }

        return [.. hospitals];
    }

    private static async Task<bool> IsActiveAsync(AnchoredNetwork network, EthereumAddress account)
    {
        byte[] call = Abi.Call("isActive(address,uint32)", account, new BigInteger(ContractDeployer.Hospital));
        byte[] answer = await network.Node.Node.CallAsync(default, network.Registry, call, Token);
        return (bool)Abi.Decode(AbiType.ParseList("bool"), answer)[0];
    }
}
