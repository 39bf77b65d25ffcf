using System.Numerics;
using System.Security.Cryptography;
using DigitalTwin.Ledger.Ethereum.Anchoring;
using DigitalTwin.Ledger.Ethereum.Encoding;
using DigitalTwin.Ledger.Ethereum.Transactions;

namespace DigitalTwin.Interop.Tests.Ethereum;

// Goal: a round on the chain is opened, committed to, closed and cosigned in this order, each step once and by whom it
// belongs to. Method: one round on anvil; before each step the others are tried and refused by name.
public sealed class RoundLedgerTests(EthereumPackages packages, SolidityCompiler compiler)
{
    private const string WrongPhase = "WrongPhase(bytes32,uint8)";

    private static readonly byte[] Study = SHA256.HashData("heart-risk"u8);
    private static readonly byte[] Aggregate = SHA256.HashData("sum"u8);
    private static readonly byte[] Key = Keccak256.HashData(
        Abi.Encode(AbiType.ParseList("bytes32,uint64"), [Study, BigInteger.One]));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_round_goes_its_one_way()
    {
        await packages.SkipUnlessInstalledAsync(Token);
        await using AnchoredNetwork network = await AnchoredNetwork.StartAsync(
            () => DevelopmentNode.StartAnvilAsync([], Token), compiler, Token);
        using EthereumKey deployer = EthereumKey.Generate();
        ContractDeployer chain = new(network.Node.Node, deployer, FeePolicy.Zero, 0, TimeProvider.System);
        DeployedContract rounds = await chain.DeployAsync(
            await compiler.ArtefactAsync("RoundLedger", Token),
            ContractDeployer.RegistryReference(network.Registry),
            Token);
        using EthereumKey account = EthereumKey.Load(network["anchor.key.pem"], null);
        RegistryUser coordinator = new(network, account, rounds.Address);
        RegistryUser hospital = new(network, network.Hospital, rounds.Address);

        Assert.True(await hospital.IsRefusedAsync(Open(), "MissingRole(address,uint32)", Token));
        Assert.True(await hospital.IsRefusedAsync(Commit(), WrongPhase, Token));
        await coordinator.SendAsync(Open(), Token);
        Assert.True(await coordinator.IsRefusedAsync(Open(), WrongPhase, Token));
        Assert.True(await coordinator.IsRefusedAsync(Close(), "EmptyValue(bytes32)", Token));
        Assert.True(await coordinator.IsRefusedAsync(Commit(), "MissingRole(address,uint32)", Token));

        await hospital.SendAsync(Commit(), Token);
        Assert.True(await hospital.IsRefusedAsync(Commit(), "AlreadyDone(address,bytes32)", Token));
        Assert.True(await hospital.IsRefusedAsync(Cosign(Aggregate), WrongPhase, Token));
        await coordinator.SendAsync(Close(), Token);
        Assert.True(await hospital.IsRefusedAsync(Commit(), WrongPhase, Token));

        Assert.True(await hospital.IsRefusedAsync(Cosign(Study), "OtherAggregate(bytes32,bytes32)", Token));
        await hospital.SendAsync(Cosign(Aggregate), Token);
        Assert.True(await hospital.IsRefusedAsync(Cosign(Aggregate), "AlreadyDone(address,bytes32)", Token));
    }

    private static byte[] Open() => Abi.Call(
        "openRound(bytes32,uint64,bytes32,bytes32)", Study, BigInteger.One, Aggregate, Aggregate);

    private static byte[] Commit() => Abi.Call(
        "commitUpdate(bytes32,bytes32,bytes32,uint64)", Key, Aggregate, Study, new BigInteger(250_000));

    private static byte[] Close() => Abi.Call(
        "closeRound(bytes32,bytes32,bytes32,bytes32)", Key, Study, Aggregate, Study);

    private static byte[] Cosign(byte[] aggregate) => Abi.Call("cosignRound(bytes32,bytes32)", Key, aggregate);
}
