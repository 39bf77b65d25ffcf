// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMemberRegistry} from "./IMemberRegistry.sol";
import {IRoundLedger} from "./IRoundLedger.sol";
import {Roles} from "./Roles.sol";

/// @notice Opened, committed, closed, cosigned: each step once, by whom it belongs to, in this order.
contract RoundLedger is IRoundLedger {
    enum Phase {
        None,
        Open,
        Closed
    }

    struct Round {
        Phase phase;
        address openedBy;
        uint32 updates;
        uint32 cosignatures;
        bytes32 aggregate;
    }

    error MissingRole(address account, uint32 role);
    error WrongPhase(bytes32 roundKey, Phase phase);
    error NotTheOpener(address account, bytes32 roundKey);
    error AlreadyDone(address account, bytes32 roundKey);
    error OtherAggregate(bytes32 roundKey, bytes32 aggregate);
    error EmptyValue(bytes32 roundKey);

    IMemberRegistry public immutable registry;

    mapping(bytes32 roundKey => Round) private _rounds;
    mapping(bytes32 roundKey => mapping(address member => bool)) private _committed;
    mapping(bytes32 roundKey => mapping(address member => bool)) private _cosigned;

    constructor(IMemberRegistry members) {
        registry = members;
    }

    modifier only(uint32 role) {
        if (!registry.isActive(msg.sender, role)) {
            revert MissingRole(msg.sender, role);
        }
        _;
    }

    function roundOf(bytes32 roundKey) external view returns (Round memory) {
        return _rounds[roundKey];
    }

    /// @inheritdoc IRoundLedger
    function openRound(bytes32 study, uint64 round, bytes32 planHash, bytes32 baseModel)
        external
        only(Roles.COORDINATOR)
    {
        bytes32 roundKey = keccak256(abi.encode(study, round));
        Round storage opened = _in(roundKey, Phase.None);
        opened.phase = Phase.Open;
        opened.openedBy = msg.sender;
        emit RoundOpened(study, round, planHash, baseModel);
    }

    /// @inheritdoc IRoundLedger
    function commitUpdate(bytes32 roundKey, bytes32 update, bytes32 snapshot, uint64 epsilonMicro)
        external
        only(Roles.HOSPITAL)
    {
        Round storage open = _in(roundKey, Phase.Open);
        if (update == 0) {
            revert EmptyValue(roundKey);
        }
        _once(_committed[roundKey], roundKey);
        open.updates++;
        emit UpdateCommitted(roundKey, msg.sender, update, snapshot, epsilonMicro);
    }

    /// @inheritdoc IRoundLedger
    function closeRound(bytes32 roundKey, bytes32 updatesRoot, bytes32 aggregate, bytes32 evidence)
        external
        only(Roles.COORDINATOR)
    {
        Round storage open = _in(roundKey, Phase.Open);
        if (open.openedBy != msg.sender) {
            revert NotTheOpener(msg.sender, roundKey);
        }
        if (aggregate == 0 || open.updates == 0) {
            revert EmptyValue(roundKey);
        }
        open.phase = Phase.Closed;
        open.aggregate = aggregate;
        emit RoundClosed(roundKey, updatesRoot, aggregate, evidence);
    }

    /// @inheritdoc IRoundLedger
    function cosignRound(bytes32 roundKey, bytes32 aggregate) external only(Roles.HOSPITAL) {
        Round storage closed = _in(roundKey, Phase.Closed);
        if (closed.aggregate != aggregate) {
            revert OtherAggregate(roundKey, closed.aggregate);
        }
        _once(_cosigned[roundKey], roundKey);
        closed.cosignatures++;
        emit RoundCosigned(roundKey, msg.sender, closed.cosignatures);
    }

    function _in(bytes32 roundKey, Phase phase) private view returns (Round storage round) {
        round = _rounds[roundKey];
        if (round.phase != phase) {
            revert WrongPhase(roundKey, round.phase);
        }
    }

    function _once(mapping(address member => bool) storage done, bytes32 roundKey) private {
        if (done[msg.sender]) {
            revert AlreadyDone(msg.sender, roundKey);
        }
        done[msg.sender] = true;
    }
}
